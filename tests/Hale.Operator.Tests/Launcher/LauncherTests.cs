using System.Diagnostics;

namespace Hale.Operator.Tests.Launcher;

/// <summary>The launcher as a process of its own, on fleets that people write.</summary>
public sealed class LauncherTests : IDisposable
{
    private const string Fleet = """
        var fleet = new Fleet("example.org")
        {
            Hosts =
            {
                new Host("one")
                {
                    Contributions =
                    {
                        new FirewallPort(8080),
                    },
                },
            },
        };
        return await HaleCommand.RunAsync(args, fleet);

        """;

    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    private static string Source => Surroundings.FindSource(AppContext.BaseDirectory)!;

    private CommandRun Run(params string[] args) => RunIn(scratch.Folder, args);

    private CommandRun RunIn(string folder, params string[] args) =>
        Execute(folder, "dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Hale.Launcher.dll"), .. args]);

    private CommandRun Execute(string folder, string program, IEnumerable<string> args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HALE_CACHE"] = scratch.At("cache"), ["HALE_COMPILER_SERVER"] = "off", ["HALE_FLEET"] = null },
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new CommandRun(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private string[] Compiled() => Directory.Exists(scratch.At("cache", "fleets"))
        ? Directory.GetFiles(scratch.At("cache", "fleets"), "fleet.dll", SearchOption.AllDirectories).Where(
            path => !path.Contains("/obj/", StringComparison.Ordinal)).ToArray()
        : [];

    [Fact]
    public void A_fleet_is_compiled_once_and_again_when_it_changed()
    {
        scratch.Write("fleet.cs", Fleet);
        var run = Run("check");
        Assert.Equal("exit 0\n--- out\none: 3 units, 0 files, 0 secrets, 0 health checks\nexample.org: sound\n--- error\n", run.ToString());
        Assert.Single(Compiled());
        var first = File.GetLastWriteTimeUtc(Compiled()[0]);
        Run("check");
        Assert.Equal(first, File.GetLastWriteTimeUtc(Assert.Single(Compiled())));

        scratch.Write("fleet.cs", Fleet.Replace("example.org", "example.net", StringComparison.Ordinal));
        Assert.Contains("example.net: sound", Run("check").Out, StringComparison.Ordinal);
        Assert.Equal(2, Compiled().Length);
    }

    public static TheoryData<string> Examples =>
        [.. Directory.GetDirectories(Path.Combine(Source, "examples")).Select(folder => Path.GetFileName(folder)!).Order()];

    [Theory]
    [MemberData(nameof(Examples))]
    public void The_lock_of_an_example_has_every_source_as_its_fleet_asks_for_it(string name)
    {
        var run = Run("check", "--locked", "--fleet", Path.Combine(Source, "examples", name));
        Assert.True(run.Exit == 0, run.ToString());
    }

    [Fact]
    public void A_fleet_is_found_in_a_folder_above_by_name_and_by_option()
    {
        scratch.Write("fleet.cs", Fleet);
        scratch.Write("deep/down/note", "");
        Assert.Contains("example.org: sound", RunIn(scratch.At("deep", "down"), "check").Out, StringComparison.Ordinal);
        scratch.Write("other/my.cs", Fleet.Replace("example.org", "example.com", StringComparison.Ordinal));
        Assert.Contains("example.com: sound", Run("check", "--fleet", "other/my.cs").Out, StringComparison.Ordinal);
        scratch.Write("other/examples/one/fleet.cs", Fleet.Replace("example.org", "example.edu", StringComparison.Ordinal));
        File.Delete(scratch.At("fleet.cs"));
        Assert.Contains("example.edu: sound", RunIn(scratch.At("other"), "check", "one").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_fleet_help_works_and_everything_else_says_why_not()
    {
        Assert.Equal(0, Run("--help").Exit);
        var run = Run("check");
        Assert.Equal(2, run.Exit);
        Assert.Contains($"There is no fleet.cs in {scratch.Folder}", run.Error, StringComparison.Ordinal);
        Assert.Contains("names nowhere, but there is no file", Run("check", "--fleet", "nowhere").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_of_the_compiler_is_shown_with_its_own_words_and_the_line()
    {
        scratch.Write("fleet.cs", Fleet.Replace("new Host(\"one\")", "new Hosst(\"one\")", StringComparison.Ordinal));
        var run = Run("check");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Golden.Matches("compiler-error.txt", run.Error);
        Assert.StartsWith("{\n  \"problems\": [", Run("check", "--json").Out, StringComparison.Ordinal);
        Assert.Empty(Compiled());
    }

    [Theory]
    [InlineData("return await HaleCommand.RunAsync(args, fleet);", "")]
    [InlineData("return await HaleCommand", "await HaleCommand")]
    [InlineData("return await HaleCommand", "HaleCommand")]
    public void A_fleet_whose_exit_code_is_thrown_away_is_refused(string written, string instead)
    {
        scratch.Write("fleet.cs", Fleet.Replace(written, instead, StringComparison.Ordinal));
        var run = Run("check");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Contains("fleet.cs: error: The program ends without an exit code, so nothing of its fleet was run.", run.Error, StringComparison.Ordinal);
        Assert.Contains("hint: Let its last line be: return await HaleCommand.RunAsync(args, fleet);", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_told_with_another_place_for_it()
    {
        scratch.Write("fleet.cs", Fleet);
        scratch.Write("cache", "a file where the folder would be");
        var run = Run("check");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.StartsWith($"error: The compiled fleet cannot be kept in {scratch.At("cache", "fleets")}: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("HALE_CACHE=FOLDER", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_fleet_is_told_what_to_write()
    {
        scratch.Write("fleet.cs", "");
        var run = Run("check");
        Assert.Equal(1, run.Exit);
        Assert.Contains("hint: Let its last line be: return await", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Verbs_are_completed_while_the_fleet_does_not_compile()
    {
        scratch.Write("fleet.cs", "nonsense");
        Assert.StartsWith("deploy\n", Run("[suggest:7]", "hale de").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void An_exception_of_the_declaration_is_shown_with_its_line_and_no_stack()
    {
        scratch.Write("fleet.cs", Fleet.Replace("8080", "99_999", StringComparison.Ordinal));
        var run = Run("check");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Golden.Matches("declared-exception.txt", run.Error);
    }

    [Fact]
    public void Included_files_are_compiled_along_and_count_when_they_change()
    {
        scratch.Write(
            "fleet.cs", "#:include modules/*.cs\n" + Fleet.Replace("new FirewallPort(8080)", "Ports.Web()", StringComparison.Ordinal));
        scratch.Write("modules/ports.cs", "static class Ports { public static FirewallPort Web() => new(8080); }\n");
        Assert.Contains("example.org: sound", Run("check").Out, StringComparison.Ordinal);
        scratch.Write("modules/ports.cs", "static class Ports { public static FirewallPort Web() => new(0); }\n");
        var run = Run("check");
        Assert.Equal(1, run.Exit);
        Assert.Contains("modules/ports.cs:1: error: A port is a number from 1 to 65535.", run.Error, StringComparison.Ordinal);

        scratch.Write("fleet.cs", "#:include elsewhere.cs\n#:magic\n" + Fleet);
        run = Run("check");
        Assert.Contains("fleet.cs:1: error: Nothing to include is there: elsewhere.cs", run.Error, StringComparison.Ordinal);
        Assert.Contains("fleet.cs:2: error: A line \"#:magic\" means nothing to Hale.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_from_NuGet_can_be_used_and_a_missing_one_is_told_at_its_line()
    {
        var withPackage = "#:package Markdig@1.6.0\n" + Fleet.Replace(
            "example.org", "{Markdig.Markdown.ToPlainText(\"*example.org*\").Trim()}", StringComparison.Ordinal).Replace(
                "Fleet(\"", "Fleet($\"", StringComparison.Ordinal);
        scratch.Write("fleet.cs", withPackage);
        var run = Run("check");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Contains("example.org: sound", run.Out, StringComparison.Ordinal);

        scratch.Write("fleet.cs", "#:package Hale.No.Such.Package@1.0.0\n" + Fleet);
        run = Run("check");
        Assert.Equal(1, run.Exit);
        Assert.StartsWith("fleet.cs:1: error NU1101: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_of_ones_own_is_built_whenever_it_changed()
    {
        scratch.Write(
            "lib/Own.csproj",
            "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup></Project>");
        scratch.Write("lib/Name.cs", "public static class Name { public const string Domain = \"example.com\"; }");
        scratch.Write("fleet/fleet.cs", "#:project ../lib\n" + Fleet.Replace("\"example.org\"", "Name.Domain", StringComparison.Ordinal));
        var run = Run("check", "--fleet", "fleet");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Contains("example.com: sound", run.Out, StringComparison.Ordinal);
        scratch.Write("lib/Name.cs", "public static class Name { public const string Domain = \"example.net\"; }");
        Assert.Contains("example.net: sound", Run("check", "--fleet", "fleet").Out, StringComparison.Ordinal);
    }

    [Fact]
    public void The_script_builds_hale_once_and_runs_it_from_any_folder()
    {
        var script = Path.Combine(Source, "hale");
        scratch.Write("fleet.cs", Fleet);
        var first = Execute(scratch.Folder, script, ["check"]);
        Assert.True(first.Exit == 0, first.ToString());
        Assert.Contains("building itself", first.Error, StringComparison.Ordinal);
        File.CreateSymbolicLink(scratch.At("linked"), script);
        var second = Execute(scratch.Folder, scratch.At("linked"), ["check"]);
        Assert.Equal((0, "", first.Out), (second.Exit, second.Error, second.Out));
    }
}
