using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Tests.Support;
using Hale.Activator.Verify;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Verify;

public sealed class DriftTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly string _one;
    private readonly string _two;

    public DriftTests()
    {
        _one = _machine.Put("one", Of(Unit("a.service")) with { Files = [Etc("/etc/a.conf")] });
        _two = _machine.Put("two", Of(Unit("a.service", 2)) with { Files = [Etc("/etc/a.conf", 2)] });
        _machine.Activate(_one);
    }

    public void Dispose() => _machine.Dispose();

    private ResultEvent Deploy(string system, DriftPolicy policy = DriftPolicy.Careful)
    {
        var request = new ActivationRequest(system, "ana@laptop");
        return Drift.BeforeAsync(_machine.Context, request, policy, sound => Activation.RunAsync(_machine.Context, request, sound)).GetAwaiter().GetResult().Result;
    }

    private void Replace(string path, string text)
    {
        File.Delete(_machine.At(path));
        _machine.Write(path, text);
    }

    [Fact]
    public void What_a_person_wrote_is_never_lost_unasked()
    {
        Replace("/etc/a.conf", "mine\n");
        var before = _machine.State();
        foreach (var policy in (DriftPolicy[])[DriftPolicy.Careful, DriftPolicy.Refuse])
        {
            var refused = Deploy(_two, policy);
            Assert.Equal((Outcome.Drifted, 8), (refused.Outcome, refused.Outcome.ExitCode()));
            Assert.Contains("/etc/a.conf was changed by hand", Assert.Single(refused.Errors).Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, _machine.State());
        Assert.Equal(Outcome.Done, Deploy(_two, DriftPolicy.Keep).Outcome);
        Assert.Equal($"content of {StorePath("a.conf", 2)}\n", Encoding.UTF8.GetString(_machine.Files.Read(StorePath("a.conf", 2))!));
        Assert.Equal("mine\n", _machine.Read(_machine.Events.OfType<RepairedEvent>().Single().Aside!));
    }

    [Fact]
    public void What_loses_nothing_is_put_back_by_a_deployment_that_has_nothing_else_to_do_and_it_says_so()
    {
        File.Delete(_machine.At("/etc/systemd/system/multi-user.target.wants/a.service"));
        Assert.Equal(Outcome.Drifted, Deploy(_one, DriftPolicy.Refuse).Outcome);
        Assert.Equal(Outcome.Done, Deploy(_one).Outcome);
        Assert.Single(_machine.Events.OfType<RepairedEvent>());
        Assert.Equal(Outcome.Nothing, Deploy(_one).Outcome);
    }

    public static TheoryData<string> EarlierGenerators => [.. Generators().SkipLast(1)];

    [Theory]
    [MemberData(nameof(EarlierGenerators))]
    public void The_generator_of_an_earlier_Hale_is_no_hand_edit_and_is_written_anew(string file)
    {
        var earlier = File.ReadAllText(file);
        File.WriteAllText(_machine.At(BootGenerator.Place), earlier);
        Assert.Equal(Outcome.Nothing, Deploy(_one).Outcome);
        Assert.Equal(Outcome.Done, Deploy(_two).Outcome);
        Assert.Equal(BootGenerator.Text, _machine.Read(BootGenerator.Place));

        File.WriteAllText(_machine.At(BootGenerator.Place), earlier + "reboot\n");
        Assert.Equal(Outcome.Drifted, Deploy(_one).Outcome);
    }

    /// <summary>Whoever changes the generator adds a file here, and what it was to <c>BootGenerator.Earlier</c>: machines have it.</summary>
    [Fact]
    public void The_generator_is_the_last_of_those_that_were_ever_written() =>
        Assert.Equal(BootGenerator.Text, File.ReadAllText(Generators()[^1]));

    private static List<string> Generators() =>
        [.. Directory.GetFiles(Path.Combine(Golden.Folder(), "Golden", "generators")).OrderBy(file => int.Parse(Path.GetFileNameWithoutExtension(file), System.Globalization.CultureInfo.InvariantCulture))];

    [Fact]
    public void A_unit_that_the_activation_restarts_anyway_is_not_restarted_twice()
    {
        _machine.Write("/etc/systemd/system/a.service.d/x.conf", "[Service]\nNice=5\n");
        Assert.Equal(Outcome.Done, Deploy(_two, DriftPolicy.Overwrite).Outcome);
        Assert.Single(_machine.Systemd.Calls, call => call == "restart a.service");
    }

    [Fact]
    public async Task Going_back_is_not_held_up()
    {
        _machine.Activate(_two);
        _machine.Write("/etc/systemd/system/a.service.d/x.conf", "[Service]\nNice=5\n");
        var request = new ActivationRequest(_one, Earlier: _machine.Generations.Find(1));
        var (result, _) = await Drift.BeforeAsync(_machine.Context, request, DriftPolicy.Careful, sound => Activation.RunAsync(_machine.Context, request, sound));
        Assert.Equal(Outcome.Done, result.Outcome);
    }
}
