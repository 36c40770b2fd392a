using System.Text.Json;
using Hale.Activator.Commands;
using Hale.Activator.Data;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Plan;

public sealed class PlanVerbTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    private (ActivationPlan Plan, BeforeEvent Before) Plan(SystemManifest manifest)
    {
        _machine.Events.Clear();
        using var input = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.SystemManifest));
        Assert.Equal(0, PlanVerb.Run(_machine.Context, "-", new DataChoices(), input));
        return (_machine.Events.OfType<PlanEvent>().Single().Plan, _machine.Events.OfType<BeforeEvent>().Single());
    }

    [Fact]
    public void A_plan_tells_what_the_machine_runs_and_what_changing_texts_say_there()
    {
        var old = Of(Unit("a.service"), Unit("b.service")) with { Files = [Etc("/etc/same"), Etc("/etc/changed"), Etc("/etc/gone"), Etc("/etc/binary"), Etc("/etc/large")] };
        var system = _machine.Put("one", old);
        File.WriteAllBytes(_machine.At(StorePath("binary")), [1, 0, 2]);
        _machine.Write(StorePath("large"), new string('x', (64 << 10) + 1));
        Assert.Equal(Outcome.Done, _machine.Activate(system).Outcome);

        var @new = Of(Unit("a.service", 2), Unit("b.service")) with { Files = [Etc("/etc/same"), Etc("/etc/changed", 2), Etc("/etc/binary", 2), Etc("/etc/large", 2)] };
        var state = _machine.State();
        var (_, before) = Plan(@new);
        Assert.Equal((system, 1), (before.System, before.Generation));
        Assert.Equal(["/etc/changed", "/etc/gone", "/etc/systemd/system/a.service"], before.Texts.Keys);
        Assert.Equal($"content of {StorePath("changed")}\n", before.Texts["/etc/changed"]);
        Assert.Equal(["a.service"], before.Interruption.Restarted);
        Assert.Equal(state, _machine.State());
    }

    [Fact]
    public void Of_a_bare_machine_there_is_nothing_before()
    {
        var (plan, before) = Plan(Of(Unit("a.service")));
        Assert.True(plan.First);
        Assert.Equal((null, null, 0L, 0), (before.System, before.Generation, before.Size, before.Texts.Count));
    }

    [Theory]
    [InlineData("none", 1)]
    [InlineData("/nix/store/00000000000000000000000000000009-hale-system-other", 1)]
    [InlineData("", 0)]
    public async Task A_plan_that_somebody_agreed_to_holds_for_the_system_it_was_made_on(string expected, int exit)
    {
        var one = _machine.Put("one", Of(Unit("a.service")));
        var two = _machine.Put("two", Of(Unit("a.service", 2)));
        _machine.Activate(one);
        using var output = new MemoryStream();
        using var error = new StringWriter();
        string[] args = ["activate", "--root", _machine.Root, "--system", two, "--if-system", expected.Length == 0 ? one : expected];
        Assert.Equal(exit, await ActivatorCommand.RunAsync(args, Stream.Null, output, error));
        Assert.Equal(exit == 0 ? 2 : 1, _machine.Generations.Current()!.Number);
    }
}
