using System.Security.Cryptography;
using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>
/// Secrets in <c>/var/lib/hale/secrets</c>, files 0600 and folders 0700 of root. A value is made once, where it is missing or
/// empty, and never changed, printed or read again here. No secret is ever removed: going back a generation may need it.
/// </summary>
internal static class GeneratedSecrets
{
    private const string Folder = "/var/lib/hale/secrets";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_000_000;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_000_000;

    internal static string PathOf(string name) => $"{Folder}/{name}";

    /// <summary>Secrets that only the owner can give and has not.</summary>
    internal static IEnumerable<ActivationError> Missing(MachineFiles files, SystemManifest manifest) =>
        manifest.Secrets
            .Where(s => s.Origin == SecretOrigin.Provided && !HasValue(files, s.Name))
            .Select(s => new ActivationError(
                $"The secret '{s.Name}' is not on this machine: {PathOf(s.Name)} is missing or empty.",
                $"Put it there as root: install -D -m 600 FILE {PathOf(s.Name)}"));

    internal static void Run(ActivationContext context, SystemManifest manifest)
    {
        if (manifest.Secrets.Count == 0)
            return;
        MakeFolders(context.Files, Folder);
        foreach (var secret in manifest.Secrets)
        {
            var path = PathOf(secret.Name);
            MakeFolders(context.Files, Path.GetDirectoryName(path)!);
            if (secret.Origin == SecretOrigin.Generated && !HasValue(context.Files, secret.Name))
            {
                // GetString draws without bias: it discards what would make some characters likelier.
                var value = RandomNumberGenerator.GetString(secret.Alphabet, secret.Length);
                context.Files.Write(path, Encoding.UTF8.GetBytes(value), FileMode);
                context.Did(StepKind.Secrets, secret.Name, "made");
            }

            context.Files.Protect(path, FileMode);
        }
    }

    private static void MakeFolders(MachineFiles files, string folder)
    {
        files.MakeFolder("/var/lib/hale", (UnixFileMode)0b111_101_101);
        files.MakeFolder(folder, FolderMode);
        for (var f = folder; f.Length >= Folder.Length; f = Path.GetDirectoryName(f)!)
            files.Protect(f, FolderMode);
    }

    private static bool HasValue(MachineFiles files, string name) => new FileInfo(files.At(PathOf(name))) is { Exists: true, Length: > 0 };
}
