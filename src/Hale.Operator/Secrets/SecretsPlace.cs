using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets;

/// <summary>Where a command about secrets works: the folder, the keys at hand, the clock.</summary>
/// <param name="context">What the verb is made with.</param>
internal sealed class SecretsPlace(VerbContext context)
{
    private const long Largest = 16L << 20;
    private static readonly string[] NotOurs = ["node_modules", "bin", "obj"];

    /// <summary>What a file that sops made has somewhere, whatever its format.</summary>
    private static readonly string[] Marks = ["\nsops:", "\"sops\"", "\nsops_mac=", "[sops]"];

    /// <summary>What the command runs in.</summary>
    public Surroundings Surroundings { get; } = context.Surroundings;

    /// <summary>The folder of fleet.cs; without a fleet the nearest with a .sops.yaml, here or above, else this one.</summary>
    public string Root { get; } = context.FleetFile.Length > 0 ? context.FleetFolder
        : Above(context.Surroundings.WorkingDirectory) ?? context.Surroundings.WorkingDirectory;

    /// <summary>The time that files are marked with.</summary>
    public DateTimeOffset Now => Surroundings.Time.GetUtcNow();

    /// <summary>The keys at hand, as sops looks for them; perhaps none.</summary>
    /// <exception cref="SecretsError">One is malformed, or others can read it.</exception>
    public IReadOnlyList<AgeIdentity> Keys() => SopsKeys.Find(Surroundings.EnvironmentVariable);

    /// <summary>The keys at hand; at least one, because something is to be decrypted.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public IReadOnlyList<AgeIdentity> OwnKeys() => Keys() is { Count: > 0 } keys ? keys : throw new UserError(
        "There is no key to decrypt with.",
        $"hale secrets init makes one. Where you have one: set SOPS_AGE_KEY_FILE or SOPS_AGE_KEY, or put it into {SopsKeys.DefaultFile(Surroundings.EnvironmentVariable) ?? "~/.config/sops/age/keys.txt"}.");

    /// <summary>The absolute path of what an argument names.</summary>
    public string PathOf(string argument) => Path.GetFullPath(argument, Surroundings.WorkingDirectory);

    /// <summary>A path as a person in the working folder would say it.</summary>
    public string NameOf(string path) => Path.GetRelativePath(Surroundings.WorkingDirectory, path) is var relative && relative.StartsWith("../..", StringComparison.Ordinal)
        ? path : relative;

    /// <summary>The files that arguments name, or all encrypted ones below <see cref="Root"/>; absolute paths, at least one.</summary>
    /// <exception cref="UserError">None is named, and there is none.</exception>
    public IReadOnlyList<string> Files(IReadOnlyList<string> arguments) => arguments.Count > 0
        ? [.. arguments.Select(PathOf).Distinct()]
        : EncryptedBelow(Root).ToList() is { Count: > 0 } all ? all
        : throw new UserError($"There is no encrypted file below {Root}.", "Make one: hale secrets edit secrets.yaml");

    /// <summary>Reads an encrypted file.</summary>
    /// <exception cref="SecretsError">It is missing or malformed.</exception>
    public EncryptedFile Read(string path) => EncryptedFile.Read(path, NameOf(path));

    /// <summary>Reads an encrypted file, or makes an empty one in memory, by the first creation rule that matches.</summary>
    /// <exception cref="SecretsError">It is malformed; or it is missing, and so is a rule for it.</exception>
    public EncryptedFile ReadOrBegin(string path) =>
        File.Exists(path) ? Read(path) : EncryptedFile.Begin(path, NameOf(path), SopsRules.Find(path).For(path), Now);

    /// <summary>Every file below a folder that sops or Hale encrypted, in order; hidden folders and built ones are left out.</summary>
    public static IEnumerable<string> EncryptedBelow(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            if (LooksEncrypted(file))
                yield return file;
        foreach (var inner in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal))
            if (Path.GetFileName(inner) is var name && !name.StartsWith('.') && !NotOurs.Contains(name)
                && File.ResolveLinkTarget(inner, returnFinalTarget: false) is null)
                foreach (var file in EncryptedBelow(inner))
                    yield return file;
    }

    private static bool LooksEncrypted(string file)
    {
        try
        {
            if (new FileInfo(file) is not { Exists: true, Length: > 0 and <= Largest })
                return false;
            var text = "\n" + File.ReadAllText(file);
            return text.Contains("ENC[", StringComparison.Ordinal) && Marks.Any(mark => text.Contains(mark, StringComparison.Ordinal));
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? Above(string from)
    {
        for (var folder = from; folder is not null; folder = Path.GetDirectoryName(folder))
            if (File.Exists(Path.Combine(folder, SopsRules.FileName)))
                return folder;
        return null;
    }
}
