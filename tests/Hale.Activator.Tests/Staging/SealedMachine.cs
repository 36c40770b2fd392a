using System.Text;
using Hale.Activator.Tests.Support;
using Hale.Secrets;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Staging;

/// <summary>A machine with a key, and sops files encrypted to it.</summary>
internal sealed class SealedMachine : IDisposable
{
    internal const string KeyFile = "/var/lib/hale/key.txt";
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private readonly AgeIdentity _key = AgeIdentity.Generate();

    internal SealedMachine(bool withKey = true)
    {
        Directory.CreateDirectory(Machine.At("/var/lib/hale"), (UnixFileMode)0b111_101_101);
        if (withKey)
            _key.WriteKeyFile(Machine.At(KeyFile), Now);
    }

    internal TestMachine Machine { get; } = new();

    internal AgeRecipient Recipient => _key.Recipient;

    /// <summary>Puts encrypted files into the store.</summary>
    /// <returns>The folder's store path.</returns>
    internal string Seal(int version, params (string File, string Plain)[] files)
    {
        var folder = StorePath("hale-secrets-ohana", version);
        foreach (var (file, plain) in files)
            Machine.Write($"{folder}/{file}", Encrypt(file, plain));
        return folder;
    }

    internal string Encrypt(string file, string plain, AgeRecipient? to = null)
    {
        var format = Path.GetExtension(file) switch
        {
            ".yaml" => SopsFormat.Yaml,
            ".json" => SopsFormat.Json,
            ".env" => SopsFormat.Dotenv,
            _ => SopsFormat.Binary,
        };
        var rules = Directory.CreateTempSubdirectory("hale-rules-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(rules, ".sops.yaml"), $"creation_rules:\n  - age: {to ?? Recipient}\n");
            var path = Path.Combine(rules, file);
            return SopsFile.Encrypt(Encoding.UTF8.GetBytes(plain), format, path, SopsRules.Find(path).For(path), Now).Text;
        }
        finally
        {
            Directory.Delete(rules, recursive: true);
        }
    }

    /// <summary>A secret of <c>s.yaml</c>.</summary>
    internal static ManifestSecret Provided(string name, string? key = null, string file = "s.yaml") =>
        new() { Name = name, Origin = SecretOrigin.Provided, File = file, Key = key ?? name };

    /// <summary>A template, its text in the store.</summary>
    internal ManifestTemplate Template(string name, string text, TemplateFormat format = TemplateFormat.Plain)
    {
        var path = StorePath($"{name}-{text.GetHashCode(StringComparison.Ordinal):x}");
        Machine.Write(path, text);
        return new() { Name = name, Path = path, Format = format };
    }

    internal string Staged(string name) => Machine.Read(Machine.Files.Target("/run/secrets") + "/" + name);

    public void Dispose() => Machine.Dispose();
}
