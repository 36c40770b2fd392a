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
    [InlineData("generations diff")]
    [InlineData("generations pin")]
    [InlineData("generations unpin")]
    [InlineData("generations delete")]
    [InlineData("gc")]
    [InlineData("history")]
    [InlineData("verify")]
    [InlineData("status")]
    [InlineData("doctor")]
    [InlineData("update")]
    [InlineData("completion")]
    [InlineData("try")]
    [InlineData("invite")]
    [InlineData("invite create")]
    [InlineData("invite list")]
    [InlineData("invite show")]
    [InlineData("invite revoke")]
    [InlineData("secrets")]
    [InlineData("secrets init")]
    [InlineData("secrets edit")]
    [InlineData("secrets set")]
    [InlineData("secrets get")]
    [InlineData("secrets list")]
    [InlineData("secrets unset")]
    [InlineData("secrets recipients")]
    [InlineData("secrets recipients add")]
    [InlineData("secrets recipients remove")]
    [InlineData("secrets rotate")]
    [InlineData("secrets check")]
    [InlineData("secrets generate")]
    [InlineData("machine-key")]
    public async Task Help_says_what_a_verb_does_with_examples(string verb)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), [.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, run.Exit);
        Golden.Matches($"help{(verb.Length == 0 ? "" : "-" + verb.Replace(' ', '-'))}.txt", run.Out);
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
    [InlineData("gc")]
    [InlineData("history")]
    [InlineData("verify")]
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
    public async Task Help_is_a_verb_too_and_what_no_verb_at_all_gives()
    {
        var fleet = Samples.Fleet(Samples.Host("one"));
        var help = await CommandRun.OfAsync(fleet, ["--help"]);
        Assert.Equal(help, await CommandRun.OfAsync(fleet, ["help"]));
        Assert.Equal(help with { Exit = HaleCommand.Usage }, await CommandRun.OfAsync(fleet, []));
        Assert.Equal(await CommandRun.OfAsync(fleet, ["deploy", "--help"]), await CommandRun.OfAsync(fleet, ["help", "deploy"]));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("0")]
    [InlineData("-1")]
    public async Task What_is_no_number_of_a_generation_is_told_so(string number)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), ["rollback", "one", "--to", number]);
        Assert.Equal((2, $"hale: \"{number}\" is not the number of a generation.\n  hint: Help: hale rollback --help\n"), (run.Exit, run.Error));
    }

    [Theory]
    [InlineData(2, "\"x\" is not the number of a generation.", "generations", "one", "pin", "x")]
    [InlineData(2, "\"0\" is not the number of a generation.", "generations", "one", "delete", "1", "0")]
    [InlineData(2, "Required argument 'A' missing", "generations", "one", "diff")]
    [InlineData(2, "There is no option \"--dry-run\"", "generations", "one", "delete", "1", "--dry-run")]
    [InlineData(2, "Generations are those of one host, and 2 are named.", "generations", "one", "two", "pin", "3")]
    [InlineData(2, "Which host?", "generations", "pin", "3")]
    [InlineData(2, "\"-1\" is not a number of generations.", "gc", "one", "--keep", "-1")]
    [InlineData(2, "\"0\" is not a number of entries.", "history", "one", "--limit", "0")]
    [InlineData(1, "The host one has no address", "generations", "one", "diff", "1", "2")]
    [InlineData(1, "The host two has no address", "generations", "two", "delete", "1", "2")]
    public async Task Verbs_below_a_verb_take_their_host_from_it(int exit, string said, params string[] args)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one"), Samples.Host("two")), args);
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_completes_words_and_offers_options_once_a_hyphen_is_there()
    {
        var script = (await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), ["completion", "bash"])).Out;
        Assert.Equal("anna berta", Complete(""));
        Assert.Equal("berta", Complete("be"));
        Assert.Equal("--all --dry-run", Complete("--"));

        string Complete(string word)
        {
            // Stands where hale does, and answers as it does.
            var asked = $"hale() {{ printf '%s\\n' --all --dry-run anna berta; }}\n{script}\nCOMP_WORDS=(hale deploy '{word}') COMP_CWORD=2 COMP_LINE='hale deploy {word}' COMP_POINT=12; _hale; echo \"${{COMPREPLY[*]}}\"";
            using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", asked]) { RedirectStandardOutput = true })!;
            return bash.StandardOutput.ReadToEnd().Trim();
        }
    }

    [Fact]
    public async Task Host_names_are_completed()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("ohana"), Samples.Host("hive")), ["[suggest:14]", "hale deploy oh"]);
        Assert.Equal(0, run.Exit);
        Assert.StartsWith("ohana\n", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("hive", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_workflow_of_the_example_says_verbs_and_options_that_there_are()
    {
        var lines = File.ReadAllLines(Path.Combine(Surroundings.FindSource(AppContext.BaseDirectory)!, "examples/ohana/.github/workflows/deploy.yml"));
        var commands = lines.Where(line => line.Contains("hale/hale ", StringComparison.Ordinal)).Select(line => line[(line.IndexOf("hale/hale ", StringComparison.Ordinal) + 10)..].Split(' ')).ToList();
        Assert.Equal(["check", "deploy"], commands.Select(words => words[0]));
        foreach (var words in commands)
        {
            var help = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("ohana")), [words[0], "--help"]);
            Assert.Equal(0, help.Exit);
            Assert.All(words.Skip(1), word => Assert.True(word == "ohana" || help.Out.Contains($" {word} ", StringComparison.Ordinal), word));
        }
    }
}
