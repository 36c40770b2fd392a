using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// Which encrypted files count on this machine today: the link <c>/etc/hale/secrets</c>. Secrets are no configuration, so going
/// back to an earlier generation leaves it where it is; a new activation, or taking one back, moves it.
/// </summary>
internal static class TodaysSecrets
{
    internal const string Link = "/etc/hale/secrets";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;

    /// <summary>The store path of the encrypted files; null where no system brought any.</summary>
    internal static string? Folder(MachineFiles files) => files.Target(Link);

    /// <summary>What is to count once a request is done: what a new system brings, or what counts already where a person goes back.</summary>
    internal static string? After(MachineFiles files, ActivationRequest request, SystemManifest @new) =>
        request.Earlier is null ? @new.Sealed : Folder(files);

    internal static void Set(MachineFiles files, string? folder)
    {
        if (folder is null)
        {
            files.Remove(Link);
            return;
        }

        files.MakeFolder(Path.GetDirectoryName(Link)!, FolderMode);
        files.SetLink(Link, folder);
    }
}
