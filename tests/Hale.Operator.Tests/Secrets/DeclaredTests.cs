using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Secrets;

namespace Hale.Operator.Tests.Secrets;

/// <summary>A module that is handed secrets.</summary>
internal sealed record Needy(params Secret[] Secrets) : Module
{
    public override IEnumerable<Artifact> Realise(GatheredView host) =>
    [
        new Unit("needy.service")
        {
            WantedBy = ["multi-user.target"],
            Credentials = [.. Secrets.Select(secret => (Credential)(secret.Name.Replace('/', '.'), secret))],
            Body = { { "Service", "ExecStart", "/usr/bin/sleep infinity" } },
        },
    ];
}

/// <summary>The verbs that hold files against the declaration.</summary>
public sealed class DeclaredTests : IDisposable
{
    private SecretsBench bench = new();

    public void Dispose() => bench.Dispose();

    private void Declare(params Host[] hosts)
    {
        bench.Dispose();
        bench = new SecretsBench { Fleet = Samples.Fleet(hosts) };
    }

    [Fact]
    public async Task What_the_fleet_says_how_to_make_is_made_where_it_is_missing_and_kept_afterwards()
    {
        Declare(Samples.Host("one", new Needy(
            Secret.Named("bot/password", SecretShape.Text(20, "abc")), Secret.Named("salt", SecretShape.Base64(16)), Secret.Named("token", SecretShape.Hex(8)),
            Secret.Named("vpn", SecretShape.KeyPair(KeyPairKind.WireGuard)), Secret.Named("deploy/key", SecretShape.KeyPair(KeyPairKind.Ssh)),
            Secret.Named("backup", SecretShape.KeyPair(KeyPairKind.Age)), Secret.Named("given"), Secret.Generated("own"))));
        await bench.DoneAsync("secrets", "init");
        var made = await bench.DoneAsync("secrets", "generate");
        Assert.Contains("secrets/one.yaml: made bot/password\n", made, StringComparison.Ordinal);
        Assert.Contains("given is for you to give: hale secrets set secrets/one.yaml given\n", made, StringComparison.Ordinal);
        Assert.DoesNotContain("own", made, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET-KEY", made, StringComparison.Ordinal);
        Assert.Matches("^[abc]{20}$", await Get("bot/password"));
        Assert.Equal(16, Convert.FromBase64String(await Get("salt")).Length);
        Assert.Matches("^[0-9a-f]{16}$", await Get("token"));
        Assert.Equal(await Get("backup_public"), AgeIdentity.Parse(await Get("backup")).Recipient.ToString());
        Assert.StartsWith("-----BEGIN OPENSSH PRIVATE KEY-----\n", await Get("deploy/key"), StringComparison.Ordinal);
        Assert.Contains($"made vpn, whose public half is: {await Get("vpn_public")}\n", made, StringComparison.Ordinal);

        var text = bench.Read("secrets/one.yaml");
        Assert.StartsWith("nothing to make\n", await bench.DoneAsync("secrets", "generate"), StringComparison.Ordinal);
        Assert.StartsWith("nothing to make\n", await bench.DoneAsync("secrets", "generate", "token"), StringComparison.Ordinal);
        Assert.Equal(text, bench.Read("secrets/one.yaml"));

        var (token, salt) = (await Get("token"), await Get("salt"));
        Assert.StartsWith("secrets/one.yaml: made token\n", await bench.DoneAsync("secrets", "generate", "--replace", "token"), StringComparison.Ordinal);
        Assert.NotEqual(token, await Get("token"));
        Assert.Equal(salt, await Get("salt"));
    }

    [Fact]
    public async Task A_value_that_several_hosts_lack_is_one_in_a_file_that_all_of_them_read()
    {
        var token = Secret.Named("token", SecretShape.Hex());
        Declare(Samples.Host("one", new Needy(token, Secret.Named("elsewhere", SecretShape.Hex()).From("other.env", "ELSEWHERE"))), Samples.Host("two", new Needy(token)));
        await bench.DoneAsync("secrets", "init");
        File.WriteAllText(bench.At(".sops.yaml"), bench.Read(".sops.yaml").Replace("path_regex: ^secrets(/|\\.)", "path_regex: .", StringComparison.Ordinal));
        Assert.Equal("other.env: made ELSEWHERE\nsecrets/common.yaml: made token\n", string.Join('\n', (await bench.DoneAsync("secrets", "generate")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)) + "\n");
        Assert.Equal(
            "one: 2 secrets are there, and can be decrypted here\ntwo: 1 secret is there, and can be decrypted here\n", await bench.DoneAsync("secrets", "check"));
    }

    [Theory]
    [InlineData("tokne", 2, "The fleet names no secret \"tokne\"", "Did you mean token?")]
    [InlineData("given", 1, "does not say what a value of given looks like", "hale secrets set")]
    [InlineData("own", 1, "each machine makes it for itself", "")]
    public async Task What_cannot_be_made_is_told(string name, int exit, string message, string hint)
    {
        Declare(Samples.Host("one", new Needy(Secret.Named("token", SecretShape.Hex()), Secret.Named("given"), Secret.Generated("own"))));
        await bench.DoneAsync("secrets", "init");
        var run = await bench.RunAsync("secrets", "generate", name);
        Assert.Equal(exit, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Contains(hint, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_tells_everything_that_is_missing_at_once_and_what_nobody_uses()
    {
        Declare(Samples.Host("one", new Needy(Secret.Named("there"), Secret.Named("gone"), Secret.Named("group"), Secret.Named("made", SecretShape.Hex()))));
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "there", "x");
        await bench.SetAsync("secrets.yaml", "group/inner", "x");
        await bench.SetAsync("secrets.yaml", "idle", "x");
        await bench.SetAsync("secrets/idle.yaml", "whole", "x");
        var run = await bench.RunAsync("secrets", "check");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Contains("The secret gone is not in secrets.yaml", run.Error, StringComparison.Ordinal);
        Assert.Contains("hale secrets generate made", run.Error, StringComparison.Ordinal);
        Assert.Contains("group of secrets.yaml is a group", run.Error, StringComparison.Ordinal);
        Assert.Contains("warning: secrets.yaml: no host uses group/inner, idle.", run.Error, StringComparison.Ordinal);
        Assert.Contains("warning: secrets/idle.yaml: no host uses any of it.", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("3 problems\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await bench.RunAsync("check")).Exit);

        await bench.SetAsync("secrets.yaml", "gone", "x");
        await bench.DoneAsync("secrets", "unset", "secrets.yaml", "group", "--yes");
        await bench.SetAsync("secrets.yaml", "group", "x");
        await bench.DoneAsync("secrets", "generate");
        var well = await bench.RunAsync("secrets", "check");
        Assert.Equal((0, "one: 4 secrets are there, and can be decrypted here\n"), (well.Exit, well.Out));
        Assert.EndsWith("2 warnings\n", well.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_tells_what_does_not_decrypt_who_lags_behind_and_what_is_empty()
    {
        Declare(Samples.Host("one", new Needy(Secret.Named("a"), Secret.Named("b").From("secrets/other.yaml"))));
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "a", "x");
        await bench.SetAsync("secrets/other.yaml", "b", "x");
        bench.Editor("echo 'b: \"\"' > \"$1\"");
        await bench.DoneAsync("secrets", "edit", "secrets/other.yaml");
        var (_, other) = bench.OtherKey("other.txt");
        File.AppendAllText(bench.At(".sops.yaml"), $"          - {other}\n");
        var run = await bench.RunAsync("secrets", "check");
        Assert.Equal(1, run.Exit);
        Assert.Contains("error: secrets/other.yaml: b is empty.", run.Error, StringComparison.Ordinal);
        Assert.Contains($".sops.yaml names {other}, who cannot decrypt it.", run.Error, StringComparison.Ordinal);

        var json = System.Text.Json.JsonDocument.Parse((await bench.RunAsync("secrets", "check", "--json")).Out).RootElement;
        Assert.Equal("secrets.yaml", json.GetProperty("secrets")[0].GetProperty("file").GetString());
        Assert.Equal(3, json.GetProperty("problems").GetArrayLength());

        File.Delete(bench.KeyFile);
        Assert.Contains("There is no key to decrypt with", (await bench.RunAsync("secrets", "check")).Error, StringComparison.Ordinal);
        bench["SOPS_AGE_KEY_FILE"] = bench.OtherKey("third.txt").File;
        var foreign = await bench.RunAsync("secrets", "check");
        Assert.Equal(2, foreign.Error.Split("no key at hand opens the file").Length - 1);
    }

    private Task<string> Get(string key) => bench.DoneAsync("secrets", "get", "secrets/one.yaml", key);
}
