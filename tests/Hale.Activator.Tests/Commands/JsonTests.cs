using System.Text.Json;
using Hale.Activator.Audit;
using Hale.Activator.Commands;
using Hale.Activator.Generations;
using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;

namespace Hale.Activator.Tests.Commands;

/// <summary>What is written or read by hand is what the serializer would write and read.</summary>
public sealed class JsonTests
{
    public static TheoryData<ActivationEvent> Events =>
    [
        new ResultEvent { Outcome = Outcome.Nothing },
        new ResultEvent { Outcome = Outcome.RollbackFailed, Generation = 3, System = "/nix/store/x" },
        new ResultEvent { Outcome = Outcome.Failed, Errors = [new("broken", "mend it", "a.service", ["one", "two"])] },
        new ResultEvent { Outcome = Outcome.Drifted, Errors = [new("\"a\" <b> & 'c' + `d` \\ \t ü … 🙂 \u007f \u2028"), new("no", null, "a.service")] },
        new PlanEvent(new ActivationPlan { Host = "h" }),
        new PlanEvent(new ActivationPlan
        {
            Host = "h",
            First = true,
            OldRevision = "1",
            NewRevision = "2",
            Units = [new("a.service", UnitAction.StopStart, UnitReason.FileChanged), new("b.timer", UnitAction.Start, UnitReason.NewlyWanted, "timers.target")],
            Links = [new("/etc/systemd/system/a.service", Change.Added)],
            Files = [new("/etc/a", Change.Removed)],
            DaemonReload = true,
            Sysusers = true,
            Tmpfiles = true,
            SecretsMade = ["a", "b"],
            SecretsAwaited = ["c"],
            SecretsChanged = ["d"],
            SecretsUnknown = true,
            PortsOpened = ["1/tcp"],
            PortsClosed = ["2/udp"],
            Packages = [new("a", null, "1"), new("b", "1", null)],
        }),
        new PlanEvent(new ActivationPlan { Host = "h", State = [new PlannedState { Name = "d", Action = StateAction.Snapshot }] }),
        new AwaitingEvent("token", 30),
        new CheckEvent("a", "", Progress.Failed, 1e-7, "status 502"),
        new WarningEvent("look", "there"),
        new StepEvent(StepKind.Units, Progress.Failed, "a.service", "restart"),
        new CheckEvent("a runs", "a.service", Progress.Done, 0.25),
        new WarningEvent("look"),
        new ReceivedEvent("/nix/store/x", 12),
        new GenerationsEvent([new(new() { Number = 1, System = "/nix/store/x", CreatedAt = DateTimeOffset.UnixEpoch }, true, false)]),
        new StatusEvent(new MachineStatus { Lock = new("ana", DateTimeOffset.UnixEpoch, 4, "") }),
        new GarbageEvent { DryRun = true, Generations = [1, 2], Paths = [new("/nix/store/x", 3)], Bytes = 3, KeptPaths = 4, KeptBytes = 5 },
        new CollectedEvent("/nix/store/x", 3),
        new HistoryEvent([new() { When = DateTimeOffset.UnixEpoch, Verb = "gc", Outcome = Outcome.Done, Detail = "much" }]),
    ];

    [Theory]
    [MemberData(nameof(Events))]
    public void An_event_is_written_as_the_serializer_writes_it_and_read_back(ActivationEvent @event)
    {
        var written = EventText.Of(@event);
        Assert.Equal(JsonSerializer.Serialize(@event, EventJson.Default.ActivationEvent), System.Text.Encoding.UTF8.GetString(written));
        Assert.Equal(@event.GetType(), JsonSerializer.Deserialize(written, EventJson.Default.ActivationEvent)!.GetType());
    }

    public static TheoryData<DateTimeOffset> Times =>
    [
        DateTimeOffset.UnixEpoch,
        new(2026, 11, 21, 22, 30, 5, 120, TimeSpan.Zero),
        new DateTimeOffset(2026, 11, 21, 22, 30, 5, TimeSpan.FromHours(-3.5)).AddTicks(1),
    ];

    [Theory]
    [MemberData(nameof(Times))]
    public void What_the_machine_keeps_is_written_as_the_serializer_writes_it(DateTimeOffset time)
    {
        var generation = new Generation { Number = 7, System = "/nix/store/x", Revision = "r", CreatedAt = time, CreatedBy = "ana@<home>" };
        Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(generation, EventJson.Default.Generation), GenerationStore.Text(generation).Bytes());
        var entry = new HistoryEntry { When = time, Verb = "activate", Who = "ana", From = 1, To = 2, Outcome = Outcome.RolledBack, Seconds = 1.234, Errors = ["no"], Detail = "d" };
        Assert.All([entry, entry with { Revision = "r", From = null, To = null, Errors = [], Detail = null }], e =>
            Assert.Equal(JsonSerializer.SerializeToUtf8Bytes(e, EventJson.Default.HistoryEntry), History.Text(e)));
        var journal = new ActivationJournal
        {
            Phase = JournalPhase.Committing,
            Old = "/nix/store/o",
            New = "/nix/store/n",
            Others = ["/nix/store/p"],
            Generation = generation,
            Recorded = true,
            OldSealed = "/nix/store/s",
            NewSealed = "/nix/store/t",
            SecretsTouched = ["a"],
            AtBoot = true,
            Ran = ["a.service", "b.service"],
            Boot = "boot",
            Token = "token",
        };
        Assert.All([journal, journal with { Old = null, OldSealed = null, NewSealed = null, Token = null, Others = [], Ran = [] }], j =>
            Assert.Equal(Serialized(j), Serialized(JsonSerializer.Deserialize(j.Text(), JournalJson.Default.ActivationJournal)!)));
        Assert.Equal(
            [.. typeof(ActivationJournal).GetProperties().Select(p => p.Name).Except([nameof(journal.Pending)]).Order(StringComparer.Ordinal)],
            JsonDocument.Parse(journal.Text()).RootElement.EnumerateObject().Select(p => char.ToUpperInvariant(p.Name[0]) + p.Name[1..]).Order(StringComparer.Ordinal));

        static string Serialized(ActivationJournal journal) => JsonSerializer.Serialize(journal, JournalJson.Default.ActivationJournal);
    }

    [Fact]
    public void Every_property_of_a_manifest_is_read()
    {
        var manifest = new SystemManifest
        {
            Host = "h",
            Architecture = "arm64",
            Revision = "r",
            Units = [new() { Name = "a.service", Path = "/p", WantedBy = ["t"], OnChange = OnChange.Keep, ReloadTriggers = ["/r"], RestartTriggers = ["/s"], Secrets = ["x"] }],
            Files = [new() { Target = "/etc/a", Path = "/f" }],
            Secrets = [new() { Name = "x", Origin = SecretOrigin.Provided, Alphabet = "ab", Length = 3 }],
            State =
            [
                new()
                {
                    Name = "d", Paths = ["/var/lib/d"], Units = ["a.service"], Identity = "i", IdentityName = "name", Format = "2", OnChange = FormatChange.Migrate,
                    UpgradesFrom = "1", GoesBack = true, Advice = "ask",
                },
            ],
            Checks =
            [
                new() { Name = "c", Kind = CheckKind.Http, Unit = "a.service", Address = "http://h/", HostHeader = "h", Status = 204, Contains = "ok", LimitSeconds = 5 },
            ],
            Ports = ["1/tcp"],
            Packages = new SortedDictionary<string, string> { ["p"] = "1" },
        };
        Assert.All([manifest, Systems.Of()], m =>
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(m, ManifestJson.Default.SystemManifest);
            Assert.Equal(json, JsonSerializer.SerializeToUtf8Bytes(ManifestReader.Read(json), ManifestJson.Default.SystemManifest));
        });
    }

    [Fact]
    public void An_activation_goes_on_when_nobody_listens_any_more()
    {
        using var closed = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
        var writer = new EventWriter(closed);
        writer.Write(new WarningEvent("one"));
        writer.Write(new WarningEvent("two"));
    }

    [Theory]
    [InlineData("", "no verb")]
    [InlineData("activat", "unknown verb 'activat'")]
    [InlineData("activate", "activate needs --system")]
    [InlineData("activate --system", "--system needs a value")]
    [InlineData("activate --system a --system b", "--system is given twice")]
    [InlineData("rollback --to x", "--to 'x' is not a generation's number")]
    [InlineData("status --system x", "status has no option '--system'")]
    [InlineData("pin", "pin needs --generations")]
    [InlineData("delete --generations 1,x", "--generations '1,x' is not a list of generations' numbers")]
    [InlineData("gc --keep -1", "--keep '-1' is not a number")]
    public async Task Wrong_usage_is_told_and_ends_with_2(string line, string said)
    {
        using var error = new StringWriter();
        Assert.Equal(2, await ActivatorCommand.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), Stream.Null, Stream.Null, error));
        Assert.Contains(said, error.ToString(), StringComparison.Ordinal);
    }
}
