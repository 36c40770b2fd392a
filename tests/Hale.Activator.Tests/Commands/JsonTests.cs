using System.Text.Json;
using Hale.Activator.Commands;
using Hale.Activator.Machine;
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
        new PlanEvent(new ActivationPlan { Host = "h" }),
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
        var written = EventWriter.Bytes(@event);
        Assert.Equal(JsonSerializer.Serialize(@event, EventJson.Default.ActivationEvent), System.Text.Encoding.UTF8.GetString(written));
        Assert.Equal(@event.GetType(), JsonSerializer.Deserialize(written, EventJson.Default.ActivationEvent)!.GetType());
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
