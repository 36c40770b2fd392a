using System.Text.Json;
using Hale.Declare;

namespace Hale.Operator.Tests.Commands;

public sealed class CheckTests
{
    private static Fleet Unsound() => new("example.org")
    {
        Hosts =
        {
            new Host("one")
            {
                Modules =
                {
                    new Hello
                    {
                        Greeting = "a greeting that goes on and on",
                        Listen = 80,
                    },
                },
            },
            new Host("two")
            {
                Modules =
                {
                    new Hello { Listen = 8080 },
                    new Hello { Listen = 8081 },
                },
            },
        },
    };

    [Fact]
    public async Task A_sound_fleet_is_told_in_a_line_a_host()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Hello())), ["check"]);
        Assert.Equal("exit 0\n--- out\none: 5 units, 2 files, 1 secret, 1 health check\nexample.org: sound\n--- error\n", run.ToString());
    }

    [Fact]
    public async Task All_problems_are_told_with_their_lines_like_a_compiler_does()
    {
        var run = await CommandRun.OfAsync(Unsound(), ["check"]);
        Assert.Equal(1, run.Exit);
        Assert.Empty(run.Out);
        Golden.Matches("problems.txt", run.Error);
    }

    [Fact]
    public async Task With_json_problems_are_one_document()
    {
        var run = await CommandRun.OfAsync(Unsound(), ["check", "--json"]);
        Assert.Equal((1, ""), (run.Exit, run.Error));
        using var document = JsonDocument.Parse(run.Out);
        var problems = document.RootElement.GetProperty("problems");
        Assert.Equal(3, problems.GetArrayLength());
        Assert.Equal("Take a shorter one.", problems[1].GetProperty("hint").GetString());
        Assert.EndsWith("CheckTests.cs", problems[1].GetProperty("file").GetString(), StringComparison.Ordinal);
        Assert.Equal("one", problems[1].GetProperty("hosts")[0].GetString());
    }

    [Fact]
    public async Task One_line_that_is_wrong_on_many_hosts_is_told_once()
    {
        var shared = new Hello { Greeting = "a greeting that goes on and on" };
        var run = await CommandRun.OfAsync(
            Samples.Fleet([.. Enumerable.Range(1, 9).Select(number => Samples.Host($"host{number}", shared))]), ["check"]);
        Assert.Contains("(on host1, host2, host3 and 6 more hosts)", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("1 problem\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_can_be_shown_and_is_in_the_json()
    {
        var fleet = Samples.Fleet(Samples.Host("one", new Hello()));
        var text = await CommandRun.OfAsync(fleet, ["check", "--show"]);
        Assert.Contains("unit hello.service", text.Out, StringComparison.Ordinal);
        using var document = JsonDocument.Parse((await CommandRun.OfAsync(fleet, ["check", "--show", "--json"])).Out);
        Assert.Equal(text.Out, document.RootElement.GetProperty("hosts")[0].GetProperty("plan").GetString());
    }
}
