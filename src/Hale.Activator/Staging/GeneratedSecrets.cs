using System.Security.Cryptography;
using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// Secrets that the machine makes for itself, in <c>/var/lib/hale/secrets</c>, files 0600 and folders 0700 of root. A value is made
/// once, where it is missing or empty, and never changed. None is ever removed: going back a generation may need it.
/// </summary>
internal static class GeneratedSecrets
{
    private const string Folder = "/var/lib/hale/secrets";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_000_000;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_000_000;

    internal static string PathOf(string name) => $"{Folder}/{name}";

    /// <summary>The kept value, or one that is drawn now and not yet kept.</summary>
    internal static (byte[] Value, bool Drawn) Open(MachineFiles files, ManifestSecret secret) =>
        files.Read(PathOf(secret.Name)) is { Length: > 0 } kept ? (kept, false) : (Draw(secret), true);

    /// <summary>Writes what was drawn, and puts the mode of what is there right.</summary>
    internal static void Keep(ActivationContext context, IEnumerable<StagedItem> items)
    {
        foreach (var item in items.Where(i => i.Declared is ManifestSecret { Origin: SecretOrigin.Generated }))
        {
            var path = PathOf(item.Name);
            MakeFolders(context.Files, Path.GetDirectoryName(path)!);
            if (item.Drawn && context.Files.Read(path) is not { Length: > 0 })
            {
                context.Files.Write(path, item.Content, FileMode);
                context.Did(StepKind.Secrets, item.Name, "made");
            }

            context.Files.Protect(path, FileMode);
        }
    }

    private static byte[] Draw(ManifestSecret secret)
    {
        // GetItems draws without bias: it discards what would make some characters likelier.
        var characters = RandomNumberGenerator.GetItems<char>(secret.Alphabet, secret.Length);
        var value = Encoding.UTF8.GetBytes(characters);
        Array.Clear(characters);
        return value;
    }

    private static void MakeFolders(MachineFiles files, string folder)
    {
        files.MakeFolder("/var/lib/hale", (UnixFileMode)0b111_101_101);
        files.MakeFolder(folder, FolderMode);
        for (var f = folder; f.Length >= Folder.Length; f = Path.GetDirectoryName(f)!)
            files.Protect(f, FolderMode);
    }
}
