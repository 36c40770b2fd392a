using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using Hale.Store.Text;
using Hale.Store.Paths;

namespace Hale.Activator.Tests.Garbage;

public sealed class GarbageTests : IDisposable
{
    private readonly GarbageMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public async Task Old_generations_and_what_they_alone_need_go_and_a_dry_run_says_so_before()
    {
        var (shared, old, @new) = (_machine.Put("shared"), _machine.Put("old"), _machine.Put("new"));
        for (var number = 1; number <= 4; number++)
            _machine.Generation(number, shared, number < 3 ? old : @new);
        var foreign = _machine.Foreign("of-nix");
        _machine.GoTo(4);

        var (code, said) = await _machine.RunAsync("gc --keep 0 --dry-run");
        var dry = Assert.IsType<GarbageEvent>(said[0]);
        Assert.Equal((0, true), (code, dry.DryRun));
        Assert.Equal([1, 2], dry.Generations);
        Assert.True(_machine.Has(old));

        (code, said) = await _machine.RunAsync("gc --keep 0 --by ana@laptop");
        var told = Assert.IsType<GarbageEvent>(said[0]);
        Assert.Equal(0, code);
        Assert.Equal(dry.Paths, told.Paths);
        Assert.Equal(told.Paths.Order(ByPath), said.OfType<CollectedEvent>().Select(gone => new GarbagePath(gone.Path, gone.NarSize)).Order(ByPath));
        Assert.Equal(told.Bytes, told.Paths.Sum(path => path.NarSize));
        Assert.Equal((Outcome.Done, 4), said[^1] is ResultEvent result ? (result.Outcome, result.Generation) : default);
        Assert.False(_machine.Has(old));
        Assert.True(_machine.Has(shared) && _machine.Has(@new));
        Assert.True(File.Exists(_machine.Store.Real(foreign)));
        Assert.Equal([3, 4], _machine.Machine.Generations.All().Select(g => g.Number));

        (code, said) = await _machine.RunAsync("gc --keep 0");
        Assert.Equal((0, Outcome.Nothing), (code, Assert.IsType<ResultEvent>(said[^1]).Outcome));
        Assert.Equal(
            [("gc", "deleted no generation and 0 store paths of 0 B"), ("gc", $"deleted generations 1, 2 and {told.Paths.Count} store paths of {ByteSize.Text(told.Bytes)}")],
            Assert.IsType<HistoryEvent>((await _machine.RunAsync("history")).Events[0]).Entries.Select(entry => (entry.Verb, entry.Detail!)));
    }

    private static Comparer<GarbagePath> ByPath { get; } = Comparer<GarbagePath>.Create((a, b) => string.CompareOrdinal(a.Path, b.Path));

    [Fact]
    public void The_current_the_one_before_pinned_ones_and_some_of_the_newest_stay()
    {
        for (var number = 1; number <= 9; number++)
            _machine.Generation(number);
        _machine.GoTo(9);
        _machine.GoTo(4);
        _machine.Machine.Generations.SetPin(2, pinned: true);
        Assert.Equal([1, 5, 6, 7], _machine.Collect(more: 1).Generations);
        Assert.Equal([2, 3, 4, 8, 9], _machine.Machine.Generations.All().Select(g => g.Number));
    }

    [Fact]
    public void A_generation_that_is_no_longer_whole_is_not_one_of_the_newest()
    {
        for (var number = 1; number <= 5; number++)
            _machine.Generation(number);
        Directory.Delete(_machine.Machine.At(_machine.Machine.Generations.Find(2)!.System), recursive: true);
        _machine.GoTo(5);
        Assert.Equal([2], _machine.Collect(more: 2).Generations);
    }

    [Fact]
    public void What_a_forgetting_that_was_cut_short_left_goes_and_its_record_goes_first()
    {
        var changes = new List<string>();
        using var machine = new GarbageMachine(changes.Add);
        machine.Generation(1);
        machine.Generation(2);
        machine.Generation(3);
        machine.GoTo(3);
        File.Delete(machine.Machine.At("/var/lib/hale/generations/2/generation.json"));
        changes.Clear();
        machine.Collect(more: 5);
        Assert.Equal(["1", "3"], machine.Machine.Files.Names("/var/lib/hale/generations").Where(name => char.IsAsciiDigit(name[0])).Order());

        machine.Machine.Generations.Forget(1);
        Assert.Equal(
            ["remove /var/lib/hale/generations/1/generation.json", "remove /var/lib/hale/generations/1"],
            changes.Where(change => change.StartsWith("remove /var/lib/hale/generations/1", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("maps", "7f00-7f01 r-xp 00000000 00:2a 11   /nix/store/{0}/lib/x.so\n")]
    [InlineData("mountinfo", "39 24 0:34 /nix/store/{0} / ro,nosuid - ext4 /dev/sda1 rw\n")]
    [InlineData("environ", "A=1\0PATH=/nix/store/{0}/bin\0")]
    [InlineData("cmdline", "/usr/bin/x\0--config=/nix/store/{0}\0")]
    [InlineData("exe", "/nix/store/{0}/bin/x (deleted)")]
    [InlineData("cwd", "/nix/store/{0}")]
    [InlineData("root", "/nix/store/{0}")]
    [InlineData("fd/7", "/nix/store/{0}/data")]
    public void What_a_running_process_uses_stays(string where, string text)
    {
        var needed = _machine.Put("needed");
        var (used, unused) = (_machine.Put("used", needed), _machine.Put("unused"));
        text = text.Replace("{0}", used.BaseName, StringComparison.Ordinal);
        var place = _machine.Machine.At($"/proc/812/{where}");
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        if (where is "exe" or "cwd" or "root" or "fd/7")
            File.CreateSymbolicLink(place, text);
        else
            File.WriteAllText(place, text);
        _machine.Collect();
        Assert.Equal((true, true, false), (_machine.Has(used), _machine.Has(needed), _machine.Has(unused)));

        Directory.Delete(_machine.Machine.At("/proc/812"), recursive: true);
        _machine.Collect();
        Assert.False(_machine.Has(used) || _machine.Has(needed));
    }

    [Fact]
    public async Task Links_of_hale_an_interrupted_activation_and_a_deployment_under_way_are_roots()
    {
        string[] names = ["secrets", "kept", "far", "old", "new", "asked"];
        var paths = names.ToDictionary(name => name, name => _machine.Put(name));
        Directory.CreateDirectory(_machine.Machine.At("/etc/hale"));
        Directory.CreateDirectory(_machine.Machine.At("/var/lib/hale/roots"));
        _machine.Machine.Files.SetLink("/etc/hale/secrets", paths["secrets"].ToString());
        _machine.Machine.Files.SetLink("/var/lib/hale/roots/kept", $"{paths["kept"]}/below");
        _machine.Machine.Files.SetLink("/srv", "/elsewhere");
        _machine.Machine.Files.SetLink("/elsewhere", paths["far"].ToString());
        _machine.Machine.Files.SetLink("/var/lib/hale/roots/far", "../../../../srv");
        new ActivationJournal
        {
            Old = paths["old"].ToString(),
            New = paths["new"].ToString(),
            Boot = "boot-1",
            Generation = new() { Number = 2, System = paths["new"].ToString(), CreatedAt = DateTimeOffset.UnixEpoch },
        }.Write(_machine.Machine.Files);
        Assert.Equal(0, (await _machine.RunAsync("missing", $"{paths["asked"]}\n")).Code);

        _machine.Collect();
        Assert.All(names, name => Assert.True(_machine.Has(paths[name]), name));

        Directory.Delete(_machine.Machine.At("/var/lib/hale/roots"), recursive: true);
        foreach (var root in new[] { "/etc/hale/secrets", "/var/lib/hale/journal.json", $"/run/hale/wanted/{paths["asked"].BaseName}" })
            _machine.Machine.Files.Remove(root);
        _machine.Collect();
        Assert.All(names, name => Assert.False(_machine.Has(paths[name]), name));
    }

    [Fact]
    public async Task A_deployment_that_was_given_up_keeps_its_paths_for_a_day_and_one_that_ended_does_not()
    {
        var given = _machine.Put("given-up");
        await _machine.RunAsync("missing", $"{given}\n");
        File.SetLastWriteTimeUtc(_machine.Machine.At($"/run/hale/wanted/{given.BaseName}"), DateTime.UtcNow.AddHours(-25));
        _machine.Collect();
        Assert.False(_machine.Has(given));

        var system = _machine.Generation(1);
        _machine.Machine.Generations.Forget(1);
        await _machine.RunAsync("missing", $"{system}\n");
        Assert.True(File.Exists(_machine.Machine.At($"/run/hale/wanted/{system.BaseName}")));
        Assert.Equal(0, (await _machine.RunAsync($"activate --system {system} --any-os")).Code);
        Assert.False(File.Exists(_machine.Machine.At($"/run/hale/wanted/{system.BaseName}")));
    }

    [Fact]
    public async Task Where_it_cannot_be_told_what_is_needed_nothing_is_deleted()
    {
        var (garbage, needed) = (_machine.Put("garbage"), _machine.Put("needed"));
        _machine.Generation(1, needed);
        _machine.GoTo(1);
        File.Delete(_machine.Machine.At($"/var/lib/hale/info/{needed.BaseName}.json"));
        var (code, said) = await _machine.RunAsync("gc");
        Assert.Equal(1, code);
        Assert.Contains($"{needed} must stay", Assert.Single(Assert.IsType<ResultEvent>(said[^1]).Errors).Message, StringComparison.Ordinal);
        Assert.True(_machine.Has(garbage));
        Assert.Equal(Outcome.Refused, Assert.IsType<HistoryEvent>((await _machine.RunAsync("history")).Events[0]).Entries[0].Outcome);
    }

    [Fact]
    public async Task While_something_is_received_nothing_is_collected_and_while_it_is_collected_a_deployment_waits()
    {
        using (_machine.Store.Use())
            Assert.Contains("is copying to this machine", ((ResultEvent)(await _machine.RunAsync("gc")).Events[^1]).Errors[0].Message, StringComparison.Ordinal);
        var path = _machine.Put("x");
        Task<(int, IReadOnlyList<ActivationEvent>)> asking;
        using (_machine.Store.TryOwn())
        {
            asking = Task.Run(() => _machine.RunAsync("missing", $"{path}\n"));
            await Task.Delay(200);
            Assert.False(asking.IsCompleted);
        }

        await asking;
    }

    [Fact]
    public void A_full_disk_can_be_collected()
    {
        using var disk = SmallDisk.Mount();
        if (disk is null)
            return;
        using var machine = new TestMachine(disk.Root);
        var bench = new GarbageMachine(machine);
        var old = bench.Put("old");
        bench.Generation(1, old);
        bench.Generation(2);
        bench.Generation(3);
        bench.GoTo(3);
        disk.Fill();
        Assert.Throws<IOException>(() => File.WriteAllText($"{disk.Root}/x", "x"));
        Assert.Equal([1], bench.Collect().Generations);
        Assert.False(bench.Has(old));
        File.WriteAllText($"{disk.Root}/x", "x");
    }
}
