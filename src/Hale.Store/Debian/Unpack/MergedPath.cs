using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>Where an entry of a package belongs in a root whose top folders are links into <c>usr</c>.</summary>
internal static class MergedPath
{
    private static readonly HashSet<string> Folders = ["bin", "sbin", "lib", "lib32", "libo32", "libx32", "lib64"];

    /// <summary>Whether a top folder is a link into <c>usr</c> on a merged system.</summary>
    public static bool IsFolder(string path) => Folders.Contains(path);

    /// <summary>The path below the root that an entry's name means; empty for the root itself.</summary>
    /// <exception cref="InvalidDataException">The name is absolute, climbs, or is none that a file can have.</exception>
    public static string Of(string name)
    {
        var path = EntryPath.Of(name);
        return path.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash && IsFolder(path[..slash]) ? "usr/" + path : path;
    }
}
