using Hale.Secrets;
using Hale.Secrets.Tests.Sops;

namespace Hale.Operator.Tests.Secrets;

/// <summary>Who can decrypt: .sops.yaml and the files change together.</summary>
public sealed class RecipientTests : IDisposable
{
    private readonly SecretsBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task Somebody_is_added_to_rules_and_files_and_taken_out_again_with_a_new_data_key()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        await bench.SetAsync("secrets/deep/x.json", "b", "two");
        var rules = bench.Read(".sops.yaml");
        var (otherFile, other) = bench.OtherKey("other.txt");

        Assert.Equal(
            ".sops.yaml: changed\nsecrets.yaml: can be decrypted by it now\nsecrets/deep/x.json: can be decrypted by it now\n",
            await bench.DoneAsync("secrets", "recipients", "add", other, "--name", "anna@laptop"));
        Assert.Equal(rules + $"          - {other}  # anna@laptop\n", bench.Read(".sops.yaml"));
        Assert.Contains($"  {other} (anna@laptop)\n", await bench.DoneAsync("secrets", "recipients"), StringComparison.Ordinal);
        Assert.Equal("nothing to do\n", await bench.DoneAsync("secrets", "recipients", "add", other));
        var own = bench["HOME"];
        (bench["HOME"], bench["SOPS_AGE_KEY_FILE"]) = ("/nonexistent", otherFile);
        Assert.Equal("two", await bench.DoneAsync("secrets", "get", "secrets/deep/x.json", "b"));
        (bench["HOME"], bench["SOPS_AGE_KEY_FILE"]) = (own, null);

        var before = bench.Read("secrets.yaml").Split('\n')[0];
        var removed = await bench.DoneAsync("secrets", "recipients", "remove", other);
        Assert.Contains("Whoever had its key has seen the values as they were", removed, StringComparison.Ordinal);
        Assert.Equal(rules, bench.Read(".sops.yaml"));
        Assert.NotEqual(before, bench.Read("secrets.yaml").Split('\n')[0]);
        Assert.Equal("one", await bench.DoneAsync("secrets", "get", "secrets.yaml", "a"));
        (bench["HOME"], bench["SOPS_AGE_KEY_FILE"]) = ("/nonexistent", otherFile);
        Assert.Equal(1, (await bench.RunAsync("secrets", "get", "secrets.yaml", "a")).Exit);
    }

    [Fact]
    public async Task Only_the_rules_of_named_files_change_and_all_files_that_these_hold_for()
    {
        await bench.DoneAsync("secrets", "init");
        var own = AgeIdentity.ReadKeyFile(bench.KeyFile)[0].Recipient;
        var (_, other) = bench.OtherKey("other.txt");
        bench.Scratch.Write("fleet/.sops.yaml", $"creation_rules:\n  - path_regex: one\n    age: {own}\n  - age: \"{own}\" # all others\n");
        foreach (var file in (string[])["one.yaml", "one.env", "two.yaml"])
            await bench.SetAsync(file, "A", "one");
        var two = bench.Read("two.yaml");
        var done = await bench.DoneAsync("secrets", "recipients", "add", other, "one.yaml", "--name", "ohana");
        Assert.Equal(".sops.yaml: changed\none.env: can be decrypted by it now\none.yaml: can be decrypted by it now\n", done);
        Assert.Equal(two, bench.Read("two.yaml"));
        Assert.Equal(
            $"creation_rules:\n  - path_regex: one\n    # ohana: {other}\n    age: {own},{other}\n  - age: \"{own}\" # all others\n", bench.Read(".sops.yaml"));
    }

    [Fact]
    public async Task The_last_recipient_stays_and_ones_own_key_goes_only_if_it_is_meant()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        var own = AgeIdentity.ReadKeyFile(bench.KeyFile)[0].Recipient.ToString();
        var asked = await bench.RunAsync("secrets", "recipients", "remove", own);
        Assert.Equal(1, asked.Exit);
        Assert.Contains("add --yes", asked.Error, StringComparison.Ordinal);
        Assert.Contains("is the last recipient", (await bench.RunAsync("secrets", "recipients", "remove", own, "--yes")).Error, StringComparison.Ordinal);

        var (otherFile, other) = bench.OtherKey("other.txt");
        await bench.DoneAsync("secrets", "recipients", "add", other);
        bench.Prompt = new Answers("", true);
        await bench.DoneAsync("secrets", "recipients", "remove", own);
        Assert.Equal(1, (await bench.RunAsync("secrets", "get", "secrets.yaml", "a")).Exit);
        bench["SOPS_AGE_KEY_FILE"] = otherFile;
        Assert.Equal("one", await bench.DoneAsync("secrets", "get", "secrets.yaml", "a"));
    }

    [Fact]
    public async Task Nothing_is_written_where_one_file_cannot_be_opened_and_all_that_is_wrong_is_told()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        await bench.SetAsync("secrets/x.yaml", "a", "one");
        await bench.SetAsync("secrets/y.yaml", "a", "one");
        foreach (var file in (string[])["secrets/x.yaml", "secrets/y.yaml"])
            File.WriteAllText(bench.At(file), bench.Read(file).Replace("a:", "b:", StringComparison.Ordinal));
        var (rules, text) = (bench.Read(".sops.yaml"), bench.Read("secrets.yaml"));
        var run = await bench.RunAsync("secrets", "recipients", "add", bench.OtherKey("other.txt").Recipient);
        Assert.Equal(1, run.Exit);
        Assert.Contains("secrets/x.yaml", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("2 problems\n", run.Error, StringComparison.Ordinal);
        Assert.Equal((rules, text), (bench.Read(".sops.yaml"), bench.Read("secrets.yaml")));
    }

    [Fact]
    public async Task A_mistyped_recipient_and_a_secret_key_are_refused()
    {
        await bench.DoneAsync("secrets", "init");
        var (file, other) = bench.OtherKey("other.txt");
        Assert.Contains("is not a recipient", (await bench.RunAsync("secrets", "recipients", "add", other[..^1] + (other[^1] == 'q' ? "p" : "q"))).Error, StringComparison.Ordinal);
        var secret = File.ReadAllLines(file)[^1];
        var run = await bench.RunAsync("secrets", "recipients", "add", secret);
        Assert.Contains("this is a secret key", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_lags_behind_its_rule_is_pointed_out_and_brought_along()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "one");
        var (_, other) = bench.OtherKey("other.txt");
        File.AppendAllText(bench.At(".sops.yaml"), $"          - {other}\n");
        Assert.Contains(
            $"{other} is in .sops.yaml and cannot decrypt it: hale secrets recipients add {other} secrets.yaml", await bench.DoneAsync("secrets", "recipients"),
            StringComparison.Ordinal);
        Assert.Equal("secrets.yaml: can be decrypted by it now\n", await bench.DoneAsync("secrets", "recipients", "add", other, "secrets.yaml"));
        Assert.DoesNotContain("cannot decrypt", await bench.DoneAsync("secrets", "recipients"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sops_itself_reads_what_the_commands_wrote()
    {
        if (RealSops.Get() is not { } sops)
            return;
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "bot/access_token", "hunter2");
        await bench.SetAsync("secrets/x.json", "a", "one");
        await bench.SetAsync("secrets/x.env", "A", "one");
        bench["XDG_RUNTIME_DIR"] = null;
        bench.Editor("printf '# why\\nlist: [1, two]\\n' >> \"$1\"");
        await bench.DoneAsync("secrets", "edit", "secrets.yaml");
        await bench.DoneAsync("secrets", "recipients", "add", bench.OtherKey("other.txt").Recipient);
        await bench.DoneAsync("secrets", "rotate");
        await bench.DoneAsync("secrets", "unset", "secrets.yaml", "bot", "--yes");
        foreach (var (file, format) in ((string, SopsFormat)[])[("secrets.yaml", SopsFormat.Yaml), ("secrets/x.json", SopsFormat.Json), ("secrets/x.env", SopsFormat.Dotenv)])
            Assert.Null(sops.Complaint(bench.Read(file), format, File.ReadAllText(bench.KeyFile)));
        Assert.NotNull(sops.Complaint(bench.Read("secrets.yaml").Replace("list:", "lost:", StringComparison.Ordinal), SopsFormat.Yaml, File.ReadAllText(bench.KeyFile)));
    }
}
