using Hale.Secrets;

namespace Hale.Operator.Tests.Secrets;

/// <summary>Keys, rules and values: everything but the editor and recipients. The fleet here does not compile, and need not.</summary>
public sealed class FileTests : IDisposable
{
    private readonly SecretsBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Init_makes_a_key_for_its_owner_alone_and_rules_that_name_it_and_keeps_both_the_next_time()
    {
        var first = await bench.DoneAsync("secrets", "init");
        var recipient = AgeIdentity.ReadKeyFile(bench.KeyFile)[0].Recipient.ToString();
        Assert.Contains($"your recipient: {recipient}\n", first, StringComparison.Ordinal);
        Assert.Contains("Back that file up", first, StringComparison.Ordinal);
        Assert.Equal("0600", Mode(bench.KeyFile));
        Assert.Equal("0700", Mode(Path.GetDirectoryName(bench.KeyFile)!));
        Assert.Contains($"- {recipient}  # tester@here\n", bench.Read(".sops.yaml"), StringComparison.Ordinal);

        var (key, rules) = (File.ReadAllText(bench.KeyFile), bench.Read(".sops.yaml"));
        Assert.Contains(".sops.yaml names it already", await bench.DoneAsync("secrets", "init"), StringComparison.Ordinal);
        Assert.Equal((key, rules), (File.ReadAllText(bench.KeyFile), bench.Read(".sops.yaml")));
    }

    [Fact]
    public async Task Init_keeps_rules_that_do_not_name_the_key_and_says_what_to_add()
    {
        var (_, other) = bench.OtherKey("other.txt");
        bench.Scratch.Write("fleet/.sops.yaml", $"creation_rules:\n  - age: {other}\n");
        var told = await bench.DoneAsync("secrets", "init");
        Assert.Contains("hale secrets recipients add age1", told, StringComparison.Ordinal);
        Assert.DoesNotContain("tester", bench.Read(".sops.yaml"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("secrets.yaml", "bot/access_token")]
    [InlineData("secrets/one.json", "bot/access_token")]
    [InlineData("secrets/common.env", "ACCESS_TOKEN")]
    [InlineData("secrets.ini", "bot/access_token")]
    [InlineData("secrets/key.pem", "data")]
    public async Task A_value_is_set_read_and_removed_in_every_format(string file, string key)
    {
        await bench.DoneAsync("secrets", "init");
        Assert.Equal($"{file}: {key} is set\n", await bench.SetAsync(file, key, "h:u#n \"t\"er2\n"));
        Assert.DoesNotContain("ter2", bench.Read(file), StringComparison.Ordinal);
        Assert.Equal("h:u#n \"t\"er2", await bench.DoneAsync("secrets", "get", file, key));
        Assert.Equal($"{file}: {key} has that value already\n", await bench.SetAsync(file, key, "h:u#n \"t\"er2"));
        Assert.Equal($"{file}\n  {key}\n", await bench.DoneAsync("secrets", "list", file));
        if (key == "data")
            return;
        Assert.StartsWith($"{file}: {key} is removed.", await bench.DoneAsync("secrets", "unset", file, key), StringComparison.Ordinal);
        Assert.Equal(1, (await bench.RunAsync("secrets", "get", file, key)).Exit);
        await bench.SetAsync(file, key, "again");
        Assert.Equal("again", await bench.DoneAsync("secrets", "get", file, key));
    }

    [Fact]
    public async Task Bytes_and_line_ends_are_kept_where_asked()
    {
        await bench.DoneAsync("secrets", "init");
        var run = await bench.RunAsync("a\nb\n"u8.ToArray(), ["secrets", "set", "secrets.yaml", "key", "--keep-newline"]);
        Assert.Equal(0, run.Exit);
        Assert.Equal("a\nb\n", await bench.DoneAsync("secrets", "get", "secrets.yaml", "key"));
        await bench.SetAsync("secrets.yaml", "dos", "x\r\n");
        Assert.Equal("x", await bench.DoneAsync("secrets", "get", "secrets.yaml", "dos"));
    }

    [Fact]
    public async Task A_person_is_asked_and_a_value_is_never_shown()
    {
        await bench.DoneAsync("secrets", "init");
        bench.Prompt = new Answers("typed");
        var run = await bench.RunAsync("secrets", "set", "secrets.yaml", "key");
        Assert.Equal((0, "secrets.yaml: key is set\n", ""), (run.Exit, run.Out, run.Error));
        Assert.Equal("typed", await bench.DoneAsync("secrets", "get", "secrets.yaml", "key"));
    }

    [Fact]
    public async Task On_a_real_terminal_what_is_typed_is_not_echoed()
    {
        if (!Hale.Secrets.Tests.Peer.Has("script"))
            return;
        await bench.DoneAsync("secrets", "init");
        using var terminal = bench.StartOnTerminal("secrets", "set", "secrets.yaml", "key");
        var seen = new System.Text.StringBuilder();
        while (!seen.ToString().EndsWith("value of key: ", StringComparison.Ordinal) && terminal.StandardOutput.Read() is var c and >= 0)
            seen.Append((char)c);
        await terminal.StandardInput.WriteAsync("typedd\u007f!\r");
        await terminal.StandardInput.FlushAsync();
        seen.Append(await terminal.StandardOutput.ReadToEndAsync());
        terminal.StandardInput.Close();
        Assert.True(terminal.WaitForExit(20_000));
        Assert.Contains("secrets.yaml: key is set", seen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("typed", seen.ToString(), StringComparison.Ordinal);
        Assert.Equal("typed!", await bench.DoneAsync("secrets", "get", "secrets.yaml", "key"));
    }

    [Fact]
    public async Task A_write_keeps_the_mode_and_the_link_and_every_line_it_does_not_touch()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        File.SetUnixFileMode(bench.At("secrets.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(bench.At("secrets.link.yaml"), "secrets.yaml");
        var before = bench.Read("secrets.yaml").Split('\n')[0];
        await bench.SetAsync("secrets.link.yaml", "b", "two");
        Assert.NotNull(new FileInfo(bench.At("secrets.link.yaml")).LinkTarget);
        Assert.Equal("0600", Mode(bench.At("secrets.yaml")));
        Assert.Equal(before, bench.Read("secrets.yaml").Split('\n')[0]);
        Assert.Equal([".sops.yaml", "fleet.cs", "secrets.link.yaml", "secrets.yaml"], Directory.GetFiles(bench.At(".")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rotation_changes_every_ciphertext_and_no_value()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        await bench.SetAsync("secrets/x.env", "B", "two");
        var (first, second) = (bench.Read("secrets.yaml"), bench.Read("secrets/x.env"));
        Assert.Equal("secrets.yaml: has a new data key\nsecrets/x.env: has a new data key\n", await bench.DoneAsync("secrets", "rotate"));
        Assert.NotEqual(first.Split('\n')[0], bench.Read("secrets.yaml").Split('\n')[0]);
        Assert.NotEqual(second.Split('\n')[0], bench.Read("secrets/x.env").Split('\n')[0]);
        Assert.Equal("one", await bench.DoneAsync("secrets", "get", "secrets.yaml", "a"));
        Assert.Equal("two", await bench.DoneAsync("secrets", "get", "secrets/x.env", "B"));
    }

    [Fact]
    public async Task What_is_wrong_is_told_with_what_to_do_and_no_value()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "bot/token", "hunter2");
        await Refused(["secrets", "get", "secrets.yaml", "bot"], "bot is a map, and one value is needed", "bot/token");
        await Refused(["secrets", "get", "secrets.yaml", "bott"], "there is no value bott", "bot/token");
        await Refused(["secrets", "get", "no.yaml", "x"], "no.yaml: there is no such file", "hale secrets edit");
        await Refused(["secrets", "set", "elsewhere.yaml", "x"], "no creation rule matches elsewhere.yaml", "path_regex");
        await Refused(["secrets", "set", "secrets.yaml", "x"], "No value for x came in", "hale secrets set");
        await Refused(["secrets", "unset", "secrets.yaml", "bot"], "bot is no value, but holds 1: bot/token", "--yes");

        var good = bench.Read("secrets.yaml");
        await WithFile(good.Replace("bot:", "<<<<<<< ours\nbot:", StringComparison.Ordinal), "secrets.yaml:1: the file holds the markers of a merge conflict", "--ours");
        await WithFile(good + "bot: 1\n", "the key \"bot\" stands twice", "Remove one");
        await WithFile(good.Replace("bot:", "bat:", StringComparison.Ordinal), "bat/token does not decrypt", "git");
        await WithFile("bot: 1\n", "the file is not encrypted with sops", "hale secrets edit");
        File.WriteAllText(bench.At("secrets.yaml"), good);

        var own = bench.KeyFile;
        File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        await Refused(["secrets", "get", "secrets.yaml", "bot/token"], "has mode 0604", "chmod 600");
        File.Delete(own);
        await Refused(["secrets", "get", "secrets.yaml", "bot/token"], "There is no key to decrypt with", "hale secrets init");
        bench["SOPS_AGE_KEY_FILE"] = bench.OtherKey("other.txt").File;
        await Refused(["secrets", "get", "secrets.yaml", "bot/token"], "no key at hand opens the file", "recipients add");

        async Task WithFile(string text, string message, string hint)
        {
            File.WriteAllText(bench.At("secrets.yaml"), text);
            await Refused(["secrets", "get", "secrets.yaml", "bot/token"], message, hint);
        }

        async Task Refused(string[] args, string message, string hint)
        {
            var run = await bench.RunAsync(args);
            Assert.Equal((1, ""), (run.Exit, run.Out));
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
            Assert.Contains(hint, run.Error[run.Error.IndexOf("hint:", StringComparison.Ordinal)..], StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Wrong_arguments_are_told_with_the_nearest_right_ones()
    {
        var unknown = await bench.RunAsync("secrets", "lst");
        Assert.Equal((2, "hale: There is no verb \"lst\" of secrets.\n  hint: Did you mean list?\n"), (unknown.Exit, unknown.Error));
        var none = await bench.RunAsync("secrets");
        Assert.Equal(2, none.Exit);
        Assert.Contains("Say what to do: init, edit, set, get", none.Error, StringComparison.Ordinal);
        Assert.Contains("Help: hale secrets set --help", (await bench.RunAsync("secrets", "set", "x.yaml")).Error, StringComparison.Ordinal);
        var binary = await bench.RunAsync("secrets", "set", "secrets/blob", "password");
        await bench.DoneAsync("secrets", "init");
        binary = await bench.RunAsync("x"u8.ToArray(), ["secrets", "set", "secrets/blob", "password"]);
        Assert.Equal(2, binary.Exit);
        Assert.Contains("one value, whose name is data", binary.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Results_are_JSON_where_asked()
    {
        await bench.DoneAsync("secrets", "init", "--json");
        await bench.SetAsync("secrets.yaml", "a", "one");
        var list = System.Text.Json.JsonDocument.Parse(await bench.DoneAsync("secrets", "list", "--json")).RootElement;
        Assert.Equal("a", list.GetProperty("files")[0].GetProperty("names")[0].GetString());
        var value = System.Text.Json.JsonDocument.Parse(await bench.DoneAsync("secrets", "get", "secrets.yaml", "a", "--json")).RootElement;
        Assert.Equal("one", value.GetProperty("value").GetString());
        Assert.StartsWith("{\n  \"problems\": [", (await bench.RunAsync("secrets", "get", "secrets.yaml", "b", "--json")).Out, StringComparison.Ordinal);
    }

    private static string Mode(string path) => "0" + Convert.ToString((int)File.GetUnixFileMode(path), 8);
}

/// <summary>Somebody who answers.</summary>
internal sealed class Answers(string hidden, params bool[] confirmed) : IPrompt
{
    private readonly Queue<bool> left = new(confirmed);

    public string? Hidden(string question) => hidden;

    public bool Confirm(string question) => left.Dequeue();
}
