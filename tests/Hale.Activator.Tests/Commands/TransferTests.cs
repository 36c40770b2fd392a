using System.Text;
using System.Text.Json;
using Hale.Activator.Commands;
using Hale.Activator.Machine;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Hale.Activator.Tests.Commands;

public sealed class TransferTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly string _cache = Directory.CreateTempSubdirectory("hale-cache-").FullName;

    [Fact]
    public async Task What_is_missing_is_sent_received_and_missing_no_more()
    {
        using var store = LocalStore.Open(_cache);
        var unit = store.AddText("a.service", "[Service]\nExecStart=/usr/bin/sleep infinity\n");
        var needed = store.AddText("needed", "deep down\n");
        var config = store.AddText("config", $"see {needed.Path}\n", references: [needed.Path]);
        var manifest = Systems.Of(Systems.Unit("a.service") with { Path = unit.Path.ToString(), RestartTriggers = [config.Path.ToString()] });
        var system = store.AddTree("hale-system-ohana", new Dictionary<string, TreeEntry>
        {
            ["manifest.json"] = TreeEntry.Text(JsonSerializer.Serialize(manifest, ManifestJson.Default.SystemManifest)),
            ["units/a.service"] = TreeEntry.Link(unit.Path.ToString()),
        }, [unit.Path, config.Path]);
        var closure = store.Closure([system.Path]);
        var asked = string.Concat(closure.Select(i => $"{i.Path}\n"));

        Assert.Equal(asked, (await RunAsync("missing", Encoding.UTF8.GetBytes(asked))).Said);
        using var sent = new MemoryStream();
        TransferWriter.Write(store, closure, sent);
        var received = await RunAsync("receive", sent.ToArray());
        Assert.Equal(0, received.Code);
        Assert.Equal(closure.Select(i => new ReceivedEvent(i.Path.ToString(), i.NarSize)), Events(received.Said).OfType<ReceivedEvent>());
        Assert.Equal("", (await RunAsync("missing", Encoding.UTF8.GetBytes(asked))).Said);

        var read = SystemClosure.Read(_machine.Files, system.Path.ToString());
        Assert.Empty(read.Missing(_machine.Files));
        File.Delete(_machine.At(needed.Path.ToString()));
        Assert.Equal([needed.Path.ToString()], read.Missing(_machine.Files));
    }

    [Fact]
    public async Task A_cut_transfer_is_refused_and_lines_that_are_no_store_paths_are_named()
    {
        using var store = LocalStore.Open(_cache);
        var info = store.AddText("a", new string('x', 100_000));
        using var sent = new MemoryStream();
        TransferWriter.Write(store, [info], sent);
        var (code, said) = await RunAsync("receive", sent.ToArray()[..^20]);
        Assert.Equal(1, code);
        Assert.Equal(Outcome.Refused, Assert.IsType<ResultEvent>(Events(said)[^1]).Outcome);

        Assert.Contains("/etc/passwd", (await RunAsync("missing", "/etc/passwd\n"u8.ToArray())).Said, StringComparison.Ordinal);
    }

    /// <summary>Names run out, or bytes: at each of some moments while paths arrive, and the store is whole after.</summary>
    [Theory]
    [InlineData(2, 0)]
    [InlineData(9, 0)]
    [InlineData(24, 0)]
    [InlineData(45, 0)]
    [InlineData(0, 1)]
    [InlineData(0, 40)]
    [InlineData(0, 200)]
    public async Task A_disk_that_fills_up_while_paths_arrive_is_told_and_what_arrives_later_is_whole(int names, int pages)
    {
        using var disk = SmallDisk.Mount();
        if (disk is null)
            return;
        using var store = LocalStore.Open(_cache);
        var paths = Enumerable.Range(1, 4).Select(n => store.AddTree(
            $"tree{n}", Enumerable.Range(1, 10).ToDictionary(file => $"f{file}", file => TreeEntry.Text(new string((char)('a' + n), 20_000 + file))), [])).ToList();
        using var sent = new MemoryStream();
        TransferWriter.Write(store, paths, sent);
        Directory.CreateDirectory(Path.Combine(disk.Root, "nix/store"));
        if (pages > 0)
            disk.FillBytes(pages);
        else
            disk.Fill(names);
        var (code, said) = await RunAsync("receive", sent.ToArray(), disk.Root);
        Assert.Equal(1, code);
        Assert.Contains("is full", Assert.IsType<ResultEvent>(Events(said)[^1]).Errors[0].Message, StringComparison.Ordinal);

        disk.Empty();
        Assert.Equal(0, (await RunAsync("receive", sent.ToArray(), disk.Root)).Code);
        Assert.Equal("", (await RunAsync("missing", Encoding.UTF8.GetBytes(string.Concat(paths.Select(i => $"{i.Path}\n"))), disk.Root)).Said);
        foreach (var path in paths)
            Assert.Equal(path.NarHash, Hale.Store.Nar.NarWriter.Write(disk.Root + path.Path).Hash);
        Assert.Equal(paths.Select(i => i.Path.ToString()[11..]).Order(), Directory.GetFileSystemEntries(Path.Combine(disk.Root, "nix/store")).Select(Path.GetFileName).Where(name => !name!.StartsWith(".hale-lock", StringComparison.Ordinal)).Order());
    }

    private Task<(int Code, string Said)> RunAsync(string verb, byte[] input) => RunAsync(verb, input, _machine.Root);

    private static async Task<(int Code, string Said)> RunAsync(string verb, byte[] input, string root)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        var code = await ActivatorCommand.RunAsync([verb, "--root", root], new MemoryStream(input), output, error);
        Assert.Equal("", error.ToString());
        return (code, Encoding.UTF8.GetString(output.ToArray()));
    }

    private static List<ActivationEvent> Events(string said) =>
        [.. said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)!)];

    public void Dispose()
    {
        _machine.Dispose();
        System.Diagnostics.Process.Start("chmod", ["-R", "u+w", _cache]).WaitForExit();
        Directory.Delete(_cache, recursive: true);
    }
}
