using System.Diagnostics;

namespace Hale.Operator.Tests.Secrets;

/// <summary>Edits with a real process as the editor.</summary>
public sealed class EditTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly SecretsBench bench = new();

    public EditTests() => bench["XDG_RUNTIME_DIR"] = Runtime();

    public void Dispose()
    {
        Directory.Delete(bench["XDG_RUNTIME_DIR"]!, recursive: true);
        bench.Dispose();
    }

    [Fact]
    public async Task A_new_file_starts_with_an_example_and_is_encrypted_by_its_rule()
    {
        await bench.DoneAsync("secrets", "init");
        bench.Editor($"""cp "$1" {bench.Scratch.At("seen")}; stat -f -c %T "$1" > {bench.Scratch.At("kind")}; stat -c %a "$1" "$(dirname "$1")" > {bench.Scratch.At("modes")}; echo 'invite_code: open sesame' > "$1" """);
        Assert.Equal("secrets.yaml: created\n", await bench.DoneAsync("secrets", "edit", "secrets.yaml"));
        Assert.Contains("# invite_code: correct horse", File.ReadAllText(bench.Scratch.At("seen")), StringComparison.Ordinal);
        Assert.Equal("tmpfs\n", File.ReadAllText(bench.Scratch.At("kind")));
        Assert.Equal("600\n700\n", File.ReadAllText(bench.Scratch.At("modes")));
        Assert.DoesNotContain("sesame", bench.Read("secrets.yaml"), StringComparison.Ordinal);
        Assert.Equal("open sesame", await bench.DoneAsync("secrets", "get", "secrets.yaml", "invite_code"));
        Assert.Empty(Left());
    }

    [Fact]
    public async Task Nothing_is_written_if_nothing_changed_and_untouched_values_keep_their_ciphertext()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        await bench.SetAsync("secrets.yaml", "b", "two");
        var before = bench.Read("secrets.yaml");
        bench.Editor("touch \"$1\"");
        Assert.Equal("secrets.yaml: nothing changed, nothing was written\n", await bench.DoneAsync("secrets", "edit", "secrets.yaml"));
        Assert.Equal(before, bench.Read("secrets.yaml"));
        bench.Editor("sed -i s/two/three/ \"$1\"");
        Assert.Equal("secrets.yaml: changed\n", await bench.DoneAsync("secrets", "edit", "secrets.yaml"));
        Assert.Equal(before.Split('\n')[0], bench.Read("secrets.yaml").Split('\n')[0]);
        Assert.Equal("three", await bench.DoneAsync("secrets", "get", "secrets.yaml", "b"));
        bench.Editor("true");
        Assert.Equal("secrets/new.env: nothing changed, nothing was written\n", await bench.DoneAsync("secrets", "edit", "secrets/new.env"));
        Assert.False(File.Exists(bench.At("secrets/new.env")));
    }

    [Fact]
    public async Task What_does_not_parse_is_refused_with_its_line_and_leaves_nothing_behind()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        var before = bench.Read("secrets.yaml");
        bench.Editor("printf 'b: hunter2\\n c: [\\n' >> \"$1\"");
        var run = await bench.RunAsync("secrets", "edit", "secrets.yaml");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Matches(@"secrets\.yaml:\d: the file is not YAML", run.Error);
        Assert.DoesNotContain("hunter2", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, bench.Read("secrets.yaml"));
        Assert.Empty(Left());
    }

    [Fact]
    public async Task On_a_terminal_it_can_be_edited_again()
    {
        await bench.DoneAsync("secrets", "init");
        // Wrong the first time, mended the second.
        bench.Editor("if grep -q '^- wrong' \"$1\"; then echo 'right: yes' > \"$1\"; else echo '- wrong' > \"$1\"; fi");
        bench.Prompt = new Answers("", true);
        var run = await bench.RunAsync("secrets", "edit", "secrets.yaml");
        Assert.Equal((0, "secrets.yaml: created\n"), (run.Exit, run.Out));
        Assert.Contains("not a map", run.Error, StringComparison.Ordinal);
        bench.Prompt = new Answers("", false);
        bench.Editor("echo '- wrong' > \"$1\"");
        Assert.Contains("Nothing was written", (await bench.RunAsync("secrets", "edit", "secrets.yaml")).Error, StringComparison.Ordinal);
        Assert.Equal("yes", await bench.DoneAsync("secrets", "get", "secrets.yaml", "right"));
    }

    [Theory]
    [InlineData("exit 3", "ended with exit code 3")]
    [InlineData("kill -9 $$", "ended with exit code 137")]
    [InlineData("rm \"$1\"", "The editor removed the file")]
    public async Task An_editor_that_fails_changes_nothing_and_leaves_nothing_behind(string script, string message)
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        var before = bench.Read("secrets.yaml");
        bench.Editor("echo 'b: two' >> \"$1\"\n" + script);
        var run = await bench.RunAsync("secrets", "edit", "secrets.yaml");
        Assert.Equal(1, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(before, bench.Read("secrets.yaml"));
        Assert.Empty(Left());
    }

    [Fact]
    public async Task Without_an_editor_or_a_folder_in_memory_it_is_refused_with_what_to_do()
    {
        await bench.DoneAsync("secrets", "init");
        bench["EDITOR"] = "/nonexistent/editor --wait";
        Assert.Contains("cannot be run", (await bench.RunAsync("secrets", "edit", "secrets.yaml")).Error, StringComparison.Ordinal);
        bench["EDITOR"] = null;
        bench["PATH"] = "/nonexistent";
        Assert.Contains("There is no editor", (await bench.RunAsync("secrets", "edit", "secrets.yaml")).Error, StringComparison.Ordinal);
        Assert.False(Hale.Operator.Secrets.Editing.MemoryFolder.IsMemory("/"));
        Assert.False(Hale.Operator.Secrets.Editing.MemoryFolder.IsMemory("dev/shm"));
        Assert.True(Hale.Operator.Secrets.Editing.MemoryFolder.IsMemory("/dev/shm"));
    }

    [Theory]
    [InlineData("KILL", null)]
    [InlineData("HUP", 130)]
    [InlineData("INT", 130)]
    [InlineData("TERM", 130)]
    [InlineData("QUIT", null)]
    public async Task Whatever_kills_hale_while_the_editor_is_open_leaves_no_plaintext(string signal, int? exit)
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "hunter2");
        var before = bench.Read("secrets.yaml");
        bench.Editor($"echo $$ > {bench.Scratch.At("editor")}.new; mv {bench.Scratch.At("editor")}.new {bench.Scratch.At("editor")}; exec sleep 60");
        using var hale = bench.Start("secrets", "edit", "secrets.yaml");
        Wait(() => File.Exists(bench.Scratch.At("editor")), "the editor did not start");
        var editor = int.Parse(File.ReadAllText(bench.Scratch.At("editor")));
        Assert.Contains(Left(), folder => File.ReadAllText(Path.Combine(folder, "secrets.yaml")).Contains("hunter2", StringComparison.Ordinal));

        Signal(signal, hale.Id);
        Assert.True(hale.WaitForExit(Patience), "hale did not end");
        if (exit is not null)
            Assert.Equal(exit, hale.ExitCode);
        Wait(() => Left().Length == 0, "plaintext was left");
        if (exit is null)
            Signal("TERM", editor); // It outlives a hale that could not tell it to end; its file is gone.
        else
            Assert.False(Directory.Exists($"/proc/{editor}"));
        Assert.Equal(before, bench.Read("secrets.yaml"));
        Wait(() => !Guardians().Any(), "a guardian was left");
    }

    [Fact]
    public async Task What_was_left_though_the_guardian_was_killed_too_goes_with_the_next_edit()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "hunter2");
        bench.Editor($"echo $$ > {bench.Scratch.At("editor")}.new; mv {bench.Scratch.At("editor")}.new {bench.Scratch.At("editor")}; exec sleep 60");
        using var hale = bench.Start("secrets", "edit", "secrets.yaml");
        Wait(() => File.Exists(bench.Scratch.At("editor")), "the editor did not start");
        var folder = Assert.Single(Left());

        // As long as it is in use, another edit leaves it alone.
        bench.Editor("true");
        await bench.DoneAsync("secrets", "edit", "secrets.yaml");
        Assert.True(Directory.Exists(folder));

        foreach (var guardian in Guardians())
            Signal("KILL", guardian);
        Signal("KILL", hale.Id);
        hale.WaitForExit();
        Signal("TERM", int.Parse(File.ReadAllText(bench.Scratch.At("editor"))));
        Assert.True(Directory.Exists(folder));
        await bench.DoneAsync("secrets", "edit", "secrets.yaml");
        Assert.Empty(Left());
    }

    /// <summary>What a real one writes besides the file: swap files, backups, undo and its history.</summary>
    [Fact]
    public async Task Vim_leaves_nothing_of_it_in_its_own_places()
    {
        if (!File.Exists("/usr/bin/vim"))
        {
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", "vim is missing, and CI=true");
            Console.Error.WriteLine("SKIPPED: vim is missing.");
            return;
        }
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "hunter2");
        bench.Scratch.Write("home/.vimrc", "set nocompatible backup backupdir=~ undofile undodir=~ directory=~ viminfo='100,<50\n");
        var keys = bench.Scratch.Write("keys", "yyGoadded: hunter3\u001b:wq\n");
        bench["EDITOR"] = $"vim -s {keys} -T dumb --not-a-term -u {bench.Scratch.At("home", ".vimrc")}";
        var start = bench.Start("secrets", "edit", "secrets.yaml");
        var output = start.StandardOutput.ReadToEndAsync();
        Assert.True(start.WaitForExit(Patience), "vim did not end");
        Assert.True(start.ExitCode == 0, await output + await start.StandardError.ReadToEndAsync());
        Assert.Equal("hunter3", await bench.DoneAsync("secrets", "get", "secrets.yaml", "added"));
        Assert.Empty(Directory.EnumerateFiles(bench.Scratch.At("home"), "*", SearchOption.AllDirectories).Where(
            file => File.ReadAllText(file).Contains("hunter", StringComparison.Ordinal)));
    }

    private string[] Left() => Directory.GetDirectories(bench["XDG_RUNTIME_DIR"]!, "hale-edit-*");

    private IEnumerable<int> Guardians() => Processes().Where(process => process.CommandLine.Contains($"hale-guardian\0{bench["XDG_RUNTIME_DIR"]}", StringComparison.Ordinal))
        .Select(process => process.Id);

    internal static IEnumerable<(int Id, string CommandLine)> Processes()
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(folder => Path.GetFileName(folder).All(char.IsAsciiDigit)))
        {
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(folder, "cmdline"));
            }
            catch (IOException)
            {
                continue;
            }
            yield return (int.Parse(Path.GetFileName(folder)), line);
        }
    }

    private static void Signal(string signal, int process)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.ToString()]);
        kill.WaitForExit();
    }

    private static void Wait(Func<bool> condition, string otherwise)
    {
        for (var start = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(20))
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, otherwise);
    }

    /// <summary>A folder in memory that is this test's own, as a login has one.</summary>
    private static string Runtime() => Directory.CreateDirectory($"/dev/shm/hale-test-{Guid.NewGuid():n}").FullName;
}
