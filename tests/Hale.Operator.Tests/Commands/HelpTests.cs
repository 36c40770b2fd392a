namespace Hale.Operator.Tests.Commands;

public sealed class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("check")]
    [InlineData("build")]
    [InlineData("plan")]
    [InlineData("deploy")]
    [InlineData("rollback")]
    [InlineData("generations")]
    [InlineData("status")]
    [InlineData("update")]
    [InlineData("completion")]
    [InlineData("try")]
    public async Task Help_says_what_a_verb_does_with_examples(string verb)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), verb.Length == 0 ? ["--help"] : [verb, "--help"]);
        Assert.Equal(0, run.Exit);
        Golden.Matches($"help{(verb.Length == 0 ? "" : "-" + verb)}.txt", run.Out);
    }

    [Theory]
    [InlineData("chekc", "Did you mean check?")]
    [InlineData("deploi", "Did you mean deploy?")]
    [InlineData("gen", "Did you mean generations?")]
    [InlineData("xyzzy", "The verbs are: check, build, plan")]
    public async Task An_unknown_verb_names_the_nearest(string verb, string hint)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), [verb]);
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Contains($"There is no verb \"{verb}\".", run.Error, StringComparison.Ordinal);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("check")]
    [InlineData("build")]
    [InlineData("plan")]
    [InlineData("deploy")]
    [InlineData("rollback")]
    [InlineData("generations")]
    [InlineData("status")]
    public async Task An_unknown_host_names_the_nearest(string verb)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("ohana"), Samples.Host("hive")), [verb, "ohanna"]);
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Equal("error: The fleet has no host \"ohanna\".\n  hint: Did you mean ohana?\n\n1 problem\n", run.Error);
    }

    [Fact]
    public async Task An_unknown_option_names_the_nearest()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), ["check", "--jsno"]);
        Assert.Equal((2, "hale: There is no option \"--jsno\".\n  hint: Did you mean --json?\n"), (run.Exit, run.Error));
    }

    [Fact]
    public async Task Several_hosts_are_never_deployed_to_by_leaving_the_name_out()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one"), Samples.Host("two")), ["deploy"]);
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Contains("say --all: one, two", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Each_shell_has_a_completion(string shell)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), ["completion", shell]);
        Assert.Equal(0, run.Exit);
        Assert.Contains("[suggest:", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_names_are_completed()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("ohana"), Samples.Host("hive")), ["[suggest:14]", "hale deploy oh"]);
        Assert.Equal(0, run.Exit);
        Assert.StartsWith("ohana\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("hive", run.Out, StringComparison.Ordinal);
    }
}
