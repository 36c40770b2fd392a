using Hale.Activator.Audit;
using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Audit;

public sealed class HistoryTests : IDisposable
{
    private readonly GarbageMachine _bench = new();

    private TestMachine Machine => _bench.Machine;

    public void Dispose() => _bench.Dispose();

    private async Task<IReadOnlyList<HistoryEntry>> HistoryAsync(string options = "") =>
        Assert.IsType<HistoryEvent>(Assert.Single((await _bench.RunAsync($"history{options}")).Events)).Entries;

    [Fact]
    public async Task Everything_that_is_done_is_put_down_newest_first_and_what_had_nothing_to_do_is_not()
    {
        var (one, two) = (Machine.Put("one", Of(Unit("a.service"))), Machine.Put("two", Of(Unit("a.service", 2))));
        var bad = Machine.Put("bad", Of(Unit("a.service", 3)) with { Secrets = [new() { Name = "token", Origin = SecretOrigin.Provided }] });
        await _bench.RunAsync($"activate --system {one} --by ana@laptop --revision r1");
        await _bench.RunAsync($"activate --system {one} --by ana@laptop --revision r1");
        await _bench.RunAsync($"activate --system {two} --by bo@desk --revision r2");
        await _bench.RunAsync($"activate --system {bad} --by bo@desk --revision r3");
        await _bench.RunAsync("rollback --by ana@laptop");
        await _bench.RunAsync("pin --generations 2 --by ana@laptop");
        await _bench.RunAsync("delete --generations 1 --by bo@desk");

        var history = await HistoryAsync();
        Assert.Equal(
        [
            ("delete", "bo@desk", null, 1, 1, Outcome.Refused),
            ("pin", "ana@laptop", null, 1, 1, Outcome.Done),
            ("rollback", "ana@laptop", "r1", 2, 1, Outcome.Done),
            ("activate", "bo@desk", "r3", 2, 2, Outcome.Refused),
            ("activate", "bo@desk", "r2", 1, 2, Outcome.Done),
            ("activate", "ana@laptop", "r1", null, 1, Outcome.Done),
        ], history.Select(e => (e.Verb, e.Who, e.Revision, e.From, e.To, e.Outcome)));
        Assert.Contains("The secret 'token' is to come from", Assert.Single(history[3].Errors), StringComparison.Ordinal);
        Assert.All(history, entry => Assert.InRange(entry.Seconds, 0, 60));
        Assert.Equal(history.Take(2).Select(e => e.Verb), (await HistoryAsync(" --limit 2")).Select(e => e.Verb));
    }

    [Fact]
    public async Task A_failure_that_is_no_result_is_put_down_too()
    {
        await _bench.RunAsync($"activate --system {StorePath("nowhere")} --by ana@laptop");
        var entry = Assert.Single(await HistoryAsync());
        Assert.Equal((Outcome.Refused, "ana@laptop"), (entry.Outcome, entry.Who));
        Assert.Contains("has no manifest.json", entry.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recovery_is_put_down_whether_at_boot_or_before_the_next_activation()
    {
        var system = Machine.Put("one", Of(Unit("a.service")));
        Interrupt(system);
        await _bench.RunAsync("recover");
        Interrupt(system);
        await _bench.RunAsync($"activate --system {system}");
        Assert.Equal(
            [("activate", "first dealt with the interrupted activation of generation 7"), ("recover", "dealt with the interrupted activation of generation 7")],
            (await HistoryAsync()).Select(e => (e.Verb, e.Detail!)));
    }

    private void Interrupt(string system) => new ActivationJournal
    {
        New = system,
        Boot = "boot-1",
        Generation = new() { Number = 7, System = system, CreatedAt = DateTimeOffset.UnixEpoch },
    }.Write(Machine.Files);

    [Fact]
    public void A_torn_line_is_passed_over_and_the_next_one_is_whole()
    {
        History.Append(Machine.Files, Entry("one"));
        File.AppendAllText(Machine.At(History.Place), "{\"when\":\"2025-01-");
        History.Append(Machine.Files, Entry("two"));
        Assert.Equal(["two", "one"], History.Read(Machine.Files, null).Select(e => e.Verb));
    }

    [Fact]
    public void At_a_megabyte_a_new_file_begins_and_one_old_one_is_kept()
    {
        var entry = Entry("x") with { Detail = new string('x', 10_000) };
        for (var i = 0; i < 250; i++)
            History.Append(Machine.Files, entry with { Verb = $"{i}" });
        var read = History.Read(Machine.Files, null);
        Assert.Equal("249", read[0].Verb);
        Assert.InRange(read.Count, 100, 210);
        Assert.Equal(Enumerable.Range(250 - read.Count, read.Count).Reverse().Select(i => $"{i}"), read.Select(e => e.Verb));
        Assert.Equal(2, Directory.GetFiles(Machine.At("/var/lib/hale"), "history*").Length);
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_fails_nothing()
    {
        Directory.CreateDirectory(Machine.At(History.Place));
        var (code, said) = await _bench.RunAsync($"activate --system {Machine.Put("one", Of(Unit("a.service")))}");
        Assert.Equal(0, code);
        Assert.Contains(said.OfType<WarningEvent>(), warning => warning.Message.StartsWith(History.Place, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_revision_file_says_what_runs_and_is_mended()
    {
        var (one, two) = (Machine.Put("one", Of(Unit("a.service"))), Machine.Put("two", Of(Unit("a.service", 2))));
        await _bench.RunAsync($"activate --system {one} --by ana@laptop --revision abc-dirty");
        var said = Machine.Read(RevisionFile.Place);
        Assert.Matches($"^abc-dirty generation 1 system {one} deployed 20..-..-..T..:..:..Z by ana@laptop\n$", said);
        await _bench.RunAsync($"activate --system {two}");
        Assert.StartsWith($"no-revision generation 2 system {two} deployed ", Machine.Read(RevisionFile.Place), StringComparison.Ordinal);
        await _bench.RunAsync("rollback");
        Assert.Equal(said, Machine.Read(RevisionFile.Place));
        Machine.Write(RevisionFile.Place, "nonsense");
        await _bench.RunAsync("recover");
        Assert.Equal(said, Machine.Read(RevisionFile.Place));
    }

    [Fact]
    public async Task A_deployment_waits_for_a_collection_and_is_refused_during_another_deployment_with_all_that_is_known()
    {
        var system = Machine.Put("one", Of(Unit("a.service")));
        var self = new LockHolder("ana@laptop", DateTimeOffset.UtcNow.AddMinutes(-5), 42, system) { Revision = "abc" };
        using (DeploymentLock.Take(Machine.Files, self))
        {
            var (code, said) = await _bench.RunAsync($"activate --system {system} --by bo@desk");
            Assert.Equal(1, code);
            var error = Assert.Single(Assert.IsType<ResultEvent>(Assert.Single(said)).Errors);
            Assert.Matches("^ana@laptop is deploying revision abc since 20.*Z, for 5 min \\(process 42 on this machine\\)\\.$", error.Message);
        }

        Assert.Empty(await HistoryAsync());
        Task<(int Code, IReadOnlyList<ActivationEvent> Events)> waiting;
        using (DeploymentLock.Take(Machine.Files, self with { Verb = "gc", Who = "the weekly timer" }))
        {
            waiting = Task.Run(() => _bench.RunAsync($"activate --system {system}"));
            await Task.Delay(300);
            Assert.False(waiting.IsCompleted);
        }

        var ended = await waiting;
        Assert.Equal(0, ended.Code);
        Assert.Contains("the weekly timer is collecting garbage", ended.Events.OfType<WarningEvent>().First().Message, StringComparison.Ordinal);
    }

    private static HistoryEntry Entry(string verb) => new() { When = DateTimeOffset.UnixEpoch, Verb = verb, Outcome = Outcome.Done };
}
