using System.Diagnostics;
using System.Text;
using Hale.Store.Compression;
using Hale.Store.Debian;
using Hale.Store.Local;

namespace Hale.Store.Tests.Debian;

/// <summary>Against the archive that this computer's apt uses.</summary>
public class RealArchiveTests
{
    [Theory]
    [InlineData("caddy", "trixie", "amd64")]
    [InlineData("caddy", "trixie", "arm64")]
    [InlineData("matrix-synapse", "sid", "amd64")]
    public async Task Apt_finds_every_dependency_of_a_real_closure_met(string package, string suite, string architecture)
    {
        if (!Peer.Has("apt-get")) return;
        using var scratch = new Scratch();
        using var source = new DebianSource(LocalStore.Open(scratch.Root), MirrorSettings.OfThisComputer);
        var request = new DebianRequest { Packages = [new(package)], Suites = [suite], Architecture = architecture };
        var locked = await source.LockAsync(request);
        Assert.Contains(locked.Packages, p => p.Name == package);
        Assert.Equal(locked.Packages.Select(static p => p.Name).Order(StringComparer.Ordinal), locked.Packages.Select(static p => p.Name));

        var paragraphs = Paragraphs(scratch, locked);
        Assert.Equal(locked.Packages.Count, paragraphs.Count);
        Assert.Equal("", AptCheck(scratch, paragraphs, architecture));
        // The check can fail: a closure without its C library does not pass.
        Assert.Contains("Unmet dependencies", AptCheck(scratch, [.. paragraphs.Where(static p => !p.StartsWith("Package: libc6\n", StringComparison.Ordinal))], architecture));
    }

    [Fact]
    public async Task The_same_request_gives_the_same_lock()
    {
        using var scratch = new Scratch();
        using var source = new DebianSource(LocalStore.Open(scratch.Root), MirrorSettings.OfThisComputer);
        var request = new DebianRequest { Packages = [new("matrix-synapse", "sid"), new("caddy")], Suites = ["trixie", "sid"], Architecture = "amd64" };
        var first = await source.LockAsync(request);
        var second = await source.LockAsync(request, first);
        Assert.Equal(Json(first), Json(second));
        Assert.Equal("trixie", first.Packages.Single(static p => p.Name == "caddy").Suite);
        Assert.Equal("sid", first.Packages.Single(static p => p.Name == "matrix-synapse").Suite);
    }

    [Theory]
    [InlineData("caddy", "trixie", new[] { "/usr/bin/caddy", "version" }, "2.")]
    [InlineData("matrix-synapse", "sid", new[] { "/usr/bin/python3", "-B", "-c", "import synapse, ssl; ssl.create_default_context(); print(synapse.__version__)" }, "1.")]
    public async Task A_root_built_twice_from_nothing_is_the_same_bytes_and_runs(string package, string suite, string[] command, string output)
    {
        if (!Peer.Has("chroot") || Environment.UserName != "root") return;
        using var first = new Scratch();
        using var second = new Scratch();
        using var store = LocalStore.Open(first.Root);
        using var source = new DebianSource(store, MirrorSettings.OfThisComputer);
        using var other = new DebianSource(LocalStore.Open(second.Root), MirrorSettings.OfThisComputer);
        var request = new DebianRequest
        {
            Packages = [new(package)],
            Suites = [suite],
            Architecture = Peer.Text("dpkg", "--print-architecture"),
            Exclude = ["adduser", "debconf"],
        };
        var locked = await source.LockAsync(request);
        Assert.DoesNotContain(locked.Packages, static p => p.Name is "adduser" or "debconf");
        var root = await source.RealiseAsync(package, request, locked);
        Assert.Equal(root, await other.RealiseAsync(package, request, locked) with { References = root.References });
        Assert.StartsWith(output, Peer.Text("chroot", [store.Real(root.Path), .. command]));
    }

    private static string Json(DebianLock value) => System.Text.Json.JsonSerializer.Serialize(value, DebianLockJson.Default.DebianLock);

    private static List<string> Paragraphs(Scratch scratch, DebianLock locked)
    {
        var wanted = locked.Packages.Select(static p => $"{p.Sha256}").ToHashSet();
        return [.. Directory.GetFiles(scratch["downloads/sha256"]).SelectMany(static file =>
            {
                using var reader = new StreamReader(Decompressor.Open(File.OpenRead(file), CompressionFormat.Xz, 1 << 30));
                return reader.ReadToEnd().Split("\n\n");
            })
            .Where(paragraph => paragraph.Split('\n').Any(line => line.StartsWith("SHA256: ", StringComparison.Ordinal) && wanted.Contains(line[8..])))];
    }

    private static string AptCheck(Scratch scratch, List<string> paragraphs, string architecture)
    {
        scratch.Write("apt/lists/lock", "");
        scratch.Write("apt/cache/archives/lock", "");
        var status = scratch.Write("apt/status", string.Concat(paragraphs.Select(static p => $"{p.TrimEnd('\n')}\nStatus: install ok installed\n\n")));
        string[] options =
        [
            $"Dir::State::status={status}", $"Dir::State={scratch["apt"]}", $"Dir::Cache={scratch["apt/cache"]}", "Dir::Etc::SourceList=/dev/null",
            "Dir::Etc::SourceParts=/dev/null", "Debug::NoLocking=1", $"APT::Architecture={architecture}", $"APT::Architectures={architecture}",
        ];
        var start = new ProcessStartInfo("apt-get", ["check", "-qq", .. options.SelectMany(static o => new[] { "-o", o })])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var apt = Process.Start(start)!;
        var errors = apt.StandardError.ReadToEndAsync();
        var output = new StringBuilder(apt.StandardOutput.ReadToEnd()).Append(errors.Result);
        apt.WaitForExit();
        return apt.ExitCode == 0 ? "" : output.ToString();
    }
}
