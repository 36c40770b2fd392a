using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests.Evaluate;

public sealed class SettleTests
{
    [Fact]
    public void What_the_host_says_wins_over_a_preference_and_a_preference_over_the_initialiser()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Web { Greeting = "own" } } } },
            Prefer = { new Web { Greeting = "preferred", Listen = 9000 } },
        };

        var text = Samples.UnitText(Samples.Plan(fleet), "web.service");
        var page = Samples.Plan(fleet).Derivations.OfType<TextFile>().Single(file => file.Name == "page.html");

        Assert.Contains("--port 9000", text, StringComparison.Ordinal);
        Assert.Equal("own from example.org\n", page.Content.ToString());
    }

    [Fact]
    public void Force_wins_over_the_host_and_the_lab_wins_over_force()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Web { Listen = 1 } }, Force = { new Web { Listen = 2, Greeting = "forced" } } } },
        };

        Assert.Equal("forced from example.org\n", Page(Samples.Plan(fleet)));
        Assert.Equal("hello, lab from example.org\n", Page(Samples.Plan(fleet, inLab: true)));
        Assert.Contains("--port 2", Samples.UnitText(Samples.Plan(fleet, inLab: true), "web.service"), StringComparison.Ordinal);
    }

    [Fact]
    public void Saying_the_initialisers_own_value_counts_as_saying_it()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Web { Greeting = "hello" } } } },
            Prefer = { new Web { Greeting = "preferred" } },
        };

        Assert.Equal("hello from example.org\n", Page(Samples.Plan(fleet)));
    }

    [Fact]
    public void Two_settings_of_one_rank_that_disagree_name_both_lines()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts =
            {
                new Host("one")
                {
                    Modules =
                    {
                        new Web { Greeting = "first" }, // the first line
                        new Web { Greeting = "second" }, // the second line
                    },
                },
            },
        };

        var problem = Assert.Single(Evaluator.Evaluate(fleet).Problems);

        Assert.Equal("Web.Greeting is set to \"first\" and to \"second\".", problem.Message);
        Assert.Equal(Samples.LineOf("// the first line"), problem.Where!.Line);
        Assert.Equal(Samples.LineOf("// the second line"), Assert.Single(problem.Also).Line);
        Assert.Equal("SettleTests.cs", Path.GetFileName(problem.Where.File));
        Assert.Equal("Greeting", problem.Setting);
    }

    [Fact]
    public void Two_forces_that_disagree_are_told_with_their_rank_although_the_host_agrees_with_one()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Web { Listen = 1 } }, Force = { new Web { Listen = 1 }, new Web { Listen = 2 } } } },
        };

        Assert.Equal(
            "Web.Listen is set to 1 and to 2, both at the rank Force.",
            Assert.Single(Evaluator.Evaluate(fleet).Problems).Message);
    }

    [Fact]
    public void Disagreement_below_the_winning_rank_is_no_problem()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Web { Listen = 3 } } } },
            Prefer = { new Web { Listen = 1 }, new Web { Listen = 2 } },
        };

        Assert.Contains("--port 3", Samples.UnitText(Samples.Plan(fleet), "web.service"), StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_that_agree_or_speak_of_different_settings_join()
    {
        var plan = Samples.Plan(Samples.Fleet(
            new Web { Listen = 9000, Aliases = ["a", "b"] },
            new Web { Greeting = "joined", Aliases = ["a", "b"] }));

        Assert.Contains("--port 9000", Samples.UnitText(plan, "web.service"), StringComparison.Ordinal);
        Assert.Equal("joined from Example\n", Page(plan));
    }

    [Fact]
    public void A_setting_that_does_not_record_who_set_it_is_refused_where_several_places_speak()
    {
        Assert.Empty(Evaluator.Evaluate(Samples.Fleet(new Careless { Colour = "red" })).Problems);

        var problem = Assert.Single(Evaluator.Evaluate(Samples.Fleet(new Careless { Colour = "red" }, new Careless())).Problems);

        Assert.Equal("Careless.Colour does not remember who set it, so settings of several places cannot join.", problem.Message);
        Assert.Contains("Assign(ref field, value)", problem.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_for_a_module_that_the_host_does_not_run_are_told()
    {
        var fleet = new Fleet("example.org") { Hosts = { new Host("one") { Force = { new Web { Listen = 1 } } } } };

        Assert.Equal(
            "The host one has settings for Web at the rank Force, but does not run it.",
            Assert.Single(Evaluator.Evaluate(fleet).Problems).Message);
    }

    [Fact]
    public void A_fleet_wide_preference_leaves_hosts_without_the_module_alone()
    {
        var fleet = new Fleet("example.org") { Hosts = { new Host("one") }, Prefer = { new Web { Listen = 1 } } };

        Assert.DoesNotContain(Samples.Plan(fleet).Units, unit => unit.Name == "web.service");
    }

    [Fact]
    public void With_makes_a_host_of_its_own()
    {
        var first = new Host("one") { Modules = { new Web() } };
        var second = first with { Name = "two" };
        second.Modules.Add(new Careless());

        Assert.Equal(1, first.Modules.Count);
        Assert.Equal(2, second.Modules.Count);
    }

    [Fact]
    public void With_keeps_what_was_said_on_the_original_module()
    {
        var shared = new Web { Greeting = "shared" };
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { shared with { Listen = 81 } } } },
            Prefer = { new Web { Greeting = "preferred" } },
        };

        Assert.Equal("shared from example.org\n", Page(Samples.Plan(fleet)));
        Assert.NotEqual(shared, shared with { Listen = 81 });
        Assert.Equal(shared, new Web { Greeting = "shared" });
    }

    private static string Page(HostPlan plan) =>
        plan.Derivations.OfType<TextFile>().Single(file => file.Name == "page.html").Content.ToString();
}
