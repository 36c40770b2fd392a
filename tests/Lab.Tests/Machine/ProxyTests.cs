using System.Diagnostics;
using Hale.Lab;
using Xunit.Abstractions;

namespace Lab.Tests;

/// <summary>Machines install packages through the lab's proxy, and reach nothing else by it.</summary>
[Collection(SharedLab.Name)]
public sealed class ProxyTests(LabFixture lab, ITestOutputHelper output)
{
    private const string Proxy = "http://10.77.0.1:3142";

    [LabFact]
    public async Task Apt_installs_a_package_and_a_second_machine_has_it_from_the_cache()
    {
        await using var run = await LabFixture.StartAsync();
        foreach (var name in new[] { "first", "second" })
        {
            var machine = await run.BootAsync(name);
            var watch = Stopwatch.StartNew();
            await machine.SucceedAsync(
                "export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -q -y --no-install-recommends tree",
                TimeSpan.FromMinutes(3));
            output.WriteLine($"{name}: apt-get update and install: {watch.Elapsed.TotalSeconds:0.0} s");
            Assert.Contains("tree v", await machine.SucceedAsync("tree --version"), StringComparison.Ordinal);
        }
        Assert.NotEmpty(Directory.GetFiles(LabPaths.OfUser().Packages, "*-tree_*.deb"));
    }

    [LabFact]
    public async Task Only_the_archives_of_this_computers_apt_are_reached()
    {
        async Task RefusedAsync(string code, string request)
        {
            var result = await lab.Shared.RunAsync(
                $"curl -sS -m 10 -o /dev/null -w '%{{http_code}}/%{{http_connect}}' -x {Proxy} {request}");
            Assert.Contains(code, result.Output, StringComparison.Ordinal);
        }

        var archive = (await LabMirror.ReadAsync(null, CancellationToken.None)).Settings.Archive;
        await RefusedAsync("200", $"-I {archive}dists/trixie/InRelease");
        await RefusedAsync("403", "http://192.0.2.1/debian/x");
        await RefusedAsync("403", $"http://{archive.Host}:8080{archive.AbsolutePath}x");
        await RefusedAsync("403", $"{archive.Scheme}://{archive.Host}/elsewhere");
        await RefusedAsync("403", $"--path-as-is {archive}../elsewhere");
        await RefusedAsync("/403", "https://192.0.2.1/");
        await RefusedAsync("400", $"-d body {archive}x");
        await RefusedAsync("431", $"-H \"X: $(head -c 20000 /dev/zero | tr '\\0' a)\" {archive}x");
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET")]
    [InlineData("GET http://a/ HTTP/2")]
    [InlineData("GET  http://a/ HTTP/1.1")]
    [InlineData("GET http://a/ HTTP/1.1\r\nno colon")]
    [InlineData("GET http://a/ HTTP/1.1\r\nName : value")]
    [InlineData("GET http://a/ HTTP/1.1\r\nA: b\r\n folded")]
    [InlineData("GET http://a/ HTTP/1.1\r\nA: b\nc")]
    public void A_malformed_request_is_refused(string head) => Assert.Null(RequestHead.Parse(head));

    [Fact]
    public void The_cache_drops_what_was_used_least_recently()
    {
        var folder = Directory.CreateTempSubdirectory("hale-lab-cache-").FullName;
        try
        {
            var cache = new PackageCache(folder, capacity: 250);
            Uri Package(string name) => new($"http://archive.invalid/debian/pool/main/{name}.deb");
            void Add(string name)
            {
                using (var file = cache.CreateUnfinished())
                {
                    file.Write(new byte[100]);
                    file.Flush();
                    file.Dispose();
                    cache.Add(Package(name), file.Name);
                }
                File.SetLastWriteTimeUtc(Directory.GetFiles(folder, $"*{name}.deb").Single(), DateTime.UtcNow.AddMinutes(-10));
            }

            Add("old");
            Add("used");
            cache.TryOpen(Package("used"))!.Dispose();
            Add("new");
            Assert.Null(cache.TryOpen(Package("old")));
            Assert.NotNull(cache.TryOpen(Package("used")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("http://a/debian/pool/main/t/tree/tree_2.2.1-1_amd64.deb", true)]
    [InlineData("http://a/debian/dists/trixie/main/binary-amd64/by-hash/SHA256/00ff", true)]
    [InlineData("http://a/debian/dists/trixie/InRelease", false)]
    [InlineData("http://a/debian/dists/trixie/main/binary-amd64/Packages.xz", false)]
    public void Only_what_never_changes_is_kept(string uri, bool kept) => Assert.Equal(kept, PackageCache.IsImmutable(new Uri(uri)));
}
