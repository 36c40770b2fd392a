using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests.Produce;

public sealed class PlanTests
{
    [Fact]
    public void A_plan_reads_as_its_golden_says() =>
        Golden.Matches("plan.txt", PlanText.Render(Samples.Plan(Samples.Fleet(new Web { Greeting = "hello" }))));

    [Fact]
    public void The_same_fleet_gives_the_same_plan_and_another_setting_another()
    {
        string Bytes(string greeting) => PlanText.Render(Samples.Plan(Samples.Fleet(new Web { Greeting = greeting })));
        string Path(string greeting) => Samples.UnitText(Samples.Plan(Samples.Fleet(new Web { Greeting = greeting })), "web.service");

        Assert.Equal(Bytes("a"), Bytes("a"));
        Assert.Equal(Path("a"), Path("a"));
        Assert.NotEqual(Path("a"), Path("b"));
    }

    [Fact]
    public void Naming_a_derivation_in_a_text_is_enough_to_have_it_built_before_what_names_it()
    {
        var plan = Samples.Plan(Samples.Fleet(new Web()));
        var names = plan.Derivations.Select(derivation => derivation.Name).ToList();

        Assert.True(names.IndexOf("page.html") >= 0);
        Assert.True(names.IndexOf("page.html") < names.IndexOf("web.service"));
    }

    [Fact]
    public void A_placeholder_has_the_shape_of_a_store_path_and_follows_from_the_description()
    {
        var one = new DebianRoot("caddy", ["caddy"]);

        Assert.Matches("^/nix/store/[0-9abcdfghijklmnpqrsvwxyz]{32}-caddy$", one.Path);
        Assert.Equal(one.Path, new DebianRoot("caddy", ["caddy"]).Path);
        Assert.NotEqual(one.Path, (one with { Suites = ["sid"] }).Path);
    }

    [Fact]
    public void A_template_unit_has_a_file_whose_store_name_holds_no_at_sign() =>
        Assert.Equal("agent_.service", new Unit("agent@.service").File().Name);

    [Fact]
    public void A_module_sees_what_other_hosts_of_the_fleet_contribute()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Lister() } }, new Host("two") { Contributions = { new FirewallPort(9100) } } },
        };

        var evaluation = Evaluator.Evaluate(fleet);

        Assert.Empty(evaluation.Problems);
        Assert.Equal("two:9100", evaluation.Plans[0].Files.Single(file => file.Path == "/etc/list").Content is TextFile text ? text.Content.ToString() : "");
    }

    private sealed record Lister : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
            [new EtcFile("/etc/list", new TextFile("list", string.Join(' ', host.AcrossFleet<FirewallPort>().Select(one => $"{one.Host.Name}:{one.Value.Port}"))))];
    }
}
