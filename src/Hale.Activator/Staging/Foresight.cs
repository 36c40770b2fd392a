using System.Globalization;
using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// Which secrets a system would change, before it is on the machine: its encrypted files are here already, or came along with the
/// question and are opened in a folder of their own. Nothing is staged.
/// </summary>
internal static class Foresight
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_000_000;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_000_000;

    /// <param name="context">The machine.</param>
    /// <param name="plan">What the two systems come to without their secrets.</param>
    /// <param name="manifest">The system.</param>
    /// <param name="texts">What came along, by its path in the system.</param>
    /// <returns>The plan with all that can be known, and what could not be opened.</returns>
    internal static (ActivationPlan Plan, IReadOnlyList<ActivationError> Unopened) Of(
        ActivationContext context, ActivationPlan plan, SystemManifest manifest, IReadOnlyDictionary<string, string> texts)
    {
        if (!StagedNames.Any(manifest))
            return (plan, []);
        var files = context.Files;
        var folder = $"/run/hale/plan-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            foreach (var (path, text) in texts.Where(t => t.Key.StartsWith("/nix/store/", StringComparison.Ordinal) && StagedNames.IsRelative(t.Key[1..])))
            {
                files.MakeFolder("/run/hale", (UnixFileMode)0b111_101_101);
                files.MakeFolder(Path.GetDirectoryName(folder + path)!, FolderMode);
                files.Write(folder + path, Encoding.UTF8.GetBytes(text), FileMode);
            }

            var found = Where(files, folder, manifest);
            if (found is null)
                return (plan with { SecretsUnknown = !plan.First }, files.IsLive && manifest.Sealed is not null ? SealedFiles.KeyMissing(files) : []);
            using var secrets = SecretStaging.Open(context, found, found.Sealed);
            return (secrets.AddTo(plan), secrets.Errors);
        }
        finally
        {
            if (files.IsFolder(folder))
                files.RemoveFolder(folder);
        }
    }

    /// <summary>The system with the paths where its files are now; null where some are nowhere.</summary>
    private static SystemManifest? Where(MachineFiles files, string folder, SystemManifest manifest)
    {
        var missing = false;
        var found = manifest with
        {
            Sealed = manifest.Sealed is { } path ? Place(path) : null,
            Templates = [.. manifest.Templates.Select(t => t with { Path = Place(t.Path) })],
        };
        return missing ? null : found;

        string Place(string path)
        {
            if (files.Exists(path))
                return path;
            missing |= !files.Exists(folder + path);
            return folder + path;
        }
    }
}
