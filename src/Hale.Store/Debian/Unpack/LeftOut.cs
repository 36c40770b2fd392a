using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>
/// What a hermetic root does without unless it is asked to be complete. Nothing of it may matter to a program: policy 12.3 says
/// so of <c>usr/share/doc</c>, manuals and package-maintenance data have no reader there, and gettext falls back to the text
/// in the program where a translation is missing. Copyright files stay, as their licences ask.
/// </summary>
internal static class LeftOut
{
    private static readonly string[] Folders =
        ["usr/share/man", "usr/share/info", "usr/share/lintian", "usr/share/bug", "usr/share/doc-base"];

    /// <summary>Whether what is at a path stays out.</summary>
    public static bool Contains(string path, EntryKind kind)
    {
        if (!path.StartsWith("usr/share/", StringComparison.Ordinal)) return false;
        // Folders of these come to be where a file that stays needs them.
        if (IsBelow(path, "usr/share/doc")) return kind == EntryKind.Directory || !IsOfCopyright(path);
        if (IsBelow(path, "usr/share/locale")) return kind == EntryKind.Directory || path.Contains("/LC_MESSAGES/", StringComparison.Ordinal);
        return Array.Exists(Folders, folder => path == folder || IsBelow(path, folder));
    }

    private static bool IsBelow(string path, string folder) =>
        path.Length > folder.Length && path[folder.Length] == '/' && path.StartsWith(folder, StringComparison.Ordinal);

    // usr/share/doc/PACKAGE/copyright, and usr/share/doc/PACKAGE where it is a link to another package's folder.
    private static bool IsOfCopyright(string path) => path.Split('/') is { Length: 4 } or [_, _, _, _, "copyright"];
}
