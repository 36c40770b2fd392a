using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Hale.Store.Debian;
using Hale.Store.Local;

namespace Hale.Store.Tests.Debian;

/// <summary>A key of the tests' own, made once, that signs their archives.</summary>
public sealed class SigningKey : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("hale-gpg-").FullName;

    public SigningKey()
    {
        Gpg(["--passphrase", "", "--quick-gen-key", "archive@example.org", "ed25519", "sign", "never"]);
        File.WriteAllBytes(Keyring, Gpg(["--export"]));
        File.WriteAllBytes(Armored, Gpg(["--armor", "--export"]));
    }

    internal string Keyring => Path.Combine(home, "public.gpg");

    internal string Armored => Path.Combine(home, "public.asc");

    internal byte[] Sign(string text) => Gpg(["--clearsign"], Encoding.UTF8.GetBytes(text));

    public void Dispose()
    {
        Peer.Run("gpgconf", ["--homedir", home, "--kill", "all"]);
        Directory.Delete(home, recursive: true);
    }

    private byte[] Gpg(string[] arguments, byte[]? input = null) => Peer.Run("gpg", ["--homedir", home, "--batch", "--quiet", .. arguments], input);
}

/// <summary>A whole archive on loopback: packages, their index, and the signed word about it.</summary>
internal sealed class TestArchive : IDisposable
{
    private readonly SigningKey key;
    private readonly List<string> paragraphs = [];

    internal TestArchive(SigningKey key) => this.key = key;

    internal TestServer Server { get; } = new();

    internal MirrorSettings Settings => MirrorSettings.Of(Server.Address) with { Keyring = key.Keyring };

    /// <summary>Adds a package whose one file is usr/share/NAME.</summary>
    internal TestArchive Package(string name, string fields = "", string version = "1.0-1", string? content = null)
    {
        var deb = TestDeb.Of(new TestTar().File($"./usr/share/{name}", content ?? $"{name} {version}"), $"Package: {name}\nVersion: {version}");
        var path = $"pool/{name}_{version}_all.deb";
        Server.Files[path] = deb;
        paragraphs.Add($"Package: {name}\nVersion: {version}\nArchitecture: all\nFilename: {path}\nSize: {deb.Length}\nSHA256: {Hash(deb)}\n{fields}".TrimEnd('\n') + "\n");
        return this;
    }

    /// <summary>Publishes the packages added so far as a suite.</summary>
    internal TestArchive Publish(string suite = "trixie", string date = "Sat, 12 Sep 2026 07:55:41 UTC", string more = "", string? folder = null)
    {
        var index = Gzip(Encoding.UTF8.GetBytes(string.Join('\n', paragraphs)));
        var place = $"dists/{folder ?? suite}";
        Server.Files[$"{place}/main/binary-amd64/Packages.gz"] = index;
        Release = $"Suite: stable\nCodename: {suite}\nDate: {date}\n{more}Architectures: amd64\nComponents: main\nSHA256:\n {Hash(index)} {index.Length} main/binary-amd64/Packages.gz\n";
        Server.Files[$"{place}/InRelease"] = key.Sign(Release);
        return this;
    }

    /// <summary>The text that was signed last.</summary>
    internal string Release { get; private set; } = "";

    internal DebianSource Open(Scratch scratch, List<string>? warnings = null) => new(LocalStore.Open(scratch.Root), () => Settings)
    {
        Warn = message => (warnings ?? []).Add(message),
        Pause = TimeSpan.FromMilliseconds(10),
    };

    internal static DebianRequest Request(params string[] names) =>
        new() { Packages = [.. names.Select(static name => new DebianPackage(name))], Suites = ["trixie"], Architecture = "amd64" };

    public void Dispose() => Server.Dispose();

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static byte[] Gzip(byte[] content)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest)) gzip.Write(content);
        return output.ToArray();
    }
}
