using System.Security.Cryptography;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Store.Tests.Debian;

namespace Hale.Operator.Tests.Build;

/// <summary>Downloads of a fleet: pinned by the declaration or by hale.lock, and every failure told.</summary>
public sealed class DownloadTests : IDisposable
{
    private readonly Scratch scratch = new();
    private readonly TestServer server = new();

    public void Dispose()
    {
        server.Dispose();
        scratch.Dispose();
    }

    private sealed record Fetching(params Download[] Downloads) : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
            [new EtcFile("/etc/fetched", new TextFile("fetched", Text.Naming(string.Join('\n', Downloads.Select(one => one.Path)), Downloads)))];
    }

    private Download Tool(string name, string sha256 = "") => new(name, server.Address + name) { Form = DownloadForm.File, Version = "1.0", Sha256 = sha256 };

    private Task<CommandRun> RunAsync(Download[] downloads, params string[] args)
    {
        scratch.Write("activator/bin/hale-activator", "#!/bin/sh\n");
        scratch.Write("runtime/version", "10\n");
        string[] offline = ["--override", $"hale-activator={scratch.At("activator")}", "--override", $"dotnet-runtime={scratch.At("runtime")}"];
        return CommandRun.OfAsync(
            Samples.Fleet(Samples.Host("one", new Fetching(downloads))), [.. args, .. offline], scratch.At("cache"), scratch.At("fleet.cs"));
    }

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    [Fact]
    public async Task A_download_without_a_hash_is_locked_told_and_held_to_it_until_an_update()
    {
        var (old, replaced) = ("one"u8.ToArray(), "two"u8.ToArray());
        server.Files["tool"] = old;
        Assert.Contains(
            "has no entry download/tool/amd64, and --locked forbids to add one.", (await RunAsync([Tool("tool")], "build", "--locked")).Error,
            StringComparison.Ordinal);
        var first = await RunAsync([Tool("tool")], "build");
        Assert.True(first.Exit == 0, first.ToString());
        Assert.Contains($"locked download/tool/amd64: 1.0, 3 B, SHA-256 {Sha256(old)}\n", first.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync([Tool("tool")], "build", "--locked")).Exit);

        server.Files["tool"] = replaced;
        Directory.Delete(scratch.At("cache/downloads"), recursive: true);
        Directory.Delete(scratch.At("cache/sources"), recursive: true);
        var refused = await RunAsync([Tool("tool")], "build");
        Assert.Equal(1, refused.Exit);
        Assert.Contains($"SHA-256 {Sha256(replaced)} instead of 3 bytes with SHA-256 {Sha256(old)}", refused.Error, StringComparison.Ordinal);
        Assert.Contains("hale update tool", refused.Error, StringComparison.Ordinal);

        var update = await RunAsync([Tool("tool")], "update", "tool");
        Assert.Contains("download/tool/amd64: tool 1.0 (the same version with another content)\n", update.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync([Tool("tool")], "build", "--locked")).Exit);
        Assert.Contains(
            "was locked for another request than fleet.cs makes now.", (await RunAsync([Tool("tool") with { Version = "2.0" }], "build")).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_declared_hash_needs_no_lock_and_no_update()
    {
        server.Files["tool"] = "one"u8.ToArray();
        var tool = Tool("tool", Sha256(server.Files["tool"]));
        var run = await RunAsync([tool], "build", "--locked", "--json", "--quiet");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Contains("\"tool\": \"1.0\"", run.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(scratch.At("hale.lock")));
        Assert.NotEqual(0, (await RunAsync([tool], "update", "tool")).Exit);
    }

    [Fact]
    public async Task Every_source_that_fails_is_told_in_one_run()
    {
        server.Files["good"] = "good"u8.ToArray();
        server.Files["bad"] = "bad"u8.ToArray();
        var run = await RunAsync(
            [Tool("good"), Tool("bad", new string('0', 64)), Tool("gone", new string('1', 64)), Tool("absent", new string('2', 64))], "build");
        Assert.Equal(1, run.Exit);
        foreach (var told in new[] { "/bad is not the file it should be", "/gone does not exist", "/absent does not exist" })
            Assert.Contains(told, run.Error, StringComparison.Ordinal);
        // What could be had is kept.
        Assert.Contains("download/good/amd64", File.ReadAllText(scratch.At("hale.lock")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_download_can_be_overridden_by_a_folder_like_any_source()
    {
        scratch.Write("own/tool", "mine");
        var run = await RunAsync([Tool("tool")], "build", "--locked", "--override", $"tool={scratch.At("own")}");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Empty(server.Requests);
    }
}
