using System.Text.Json;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests.Produce;

public sealed class SecretTests
{
    private static readonly Secret Token = Secret.Named("bot/token");

    [Fact]
    public void A_secret_has_no_value_to_print() => Assert.Equal("⟨secret bot/token⟩", $"{Token}");

    [Fact]
    public void A_secret_cannot_be_serialised() =>
        Assert.Contains("bot/token", Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new { Token })).Message, StringComparison.Ordinal);

    [Fact]
    public void A_secret_stands_in_a_template_by_its_name()
    {
        var text = (SecretText)$$$"""{"token": {{{Token}}}, "url": "https://bot:{{{Token:url}}}@example.org", "say": "{{{Token:part}}}"}""";

        Assert.Equal(
            """{"token": {{secret:bot/token}}, "url": "https://bot:{{secret:bot/token|url}}@example.org", "say": "{{secret:bot/token|part}}"}""",
            text.ToString());
    }

    [Fact]
    public void A_template_names_store_paths_too_and_brings_them_along()
    {
        var page = new TextFile("page.html", "hello");
        var template = new SecretTemplate("bot.toml", SecretFormat.Toml, $"page = \"{page}\"\ntoken = {Token}\n");
        var plan = Samples.Plan(Samples.Fleet(new Holder(template)));

        Assert.Contains(plan.Derivations, derivation => derivation == page);
        Assert.Contains(plan.Derivations, derivation => derivation == template.File);
        Assert.Equal("bot/token", Assert.Single(plan.Secrets).Secret.Name);
    }

    [Fact]
    public void A_unit_is_handed_secrets_and_templates_as_credentials()
    {
        var template = SecretTemplate.Environment("bot.env", ("TOKEN", Token));
        var plan = Samples.Plan(Samples.Fleet(new Holder(new Unit("bot.service") { Credentials = [("token", Token), ("env", template)], Body = { { "Service", "ExecStart", "/bin/true" } } })));

        Assert.Contains($"LoadCredential=token:{Token.MachinePath}\nLoadCredential=env:{template.MachinePath}\n", Samples.UnitText(plan, "bot.service"), StringComparison.Ordinal);
        Assert.Equal("TOKEN={{secret:bot/token}}\n", Assert.Single(plan.Templates).Content.ToString());
    }

    [Fact]
    public void A_host_says_who_may_read_a_secret_that_a_module_uses()
    {
        var fleet = Samples.Fleet(new Holder(new MachineSecret(Secret.Named("key", SecretShape.Hex()))), new Holder(new Unit("a.service") { Credentials = [("key", Secret.Named("key"))] }) { Name = "a" });
        fleet.Hosts.Single().Value.Secrets.Add(new MachineSecret(Secret.Named("other")) { Owner = "git", Mode = "0440", Restart = ["a.service"] });
        var plan = Samples.Plan(fleet);

        Assert.Equal(["key", "other"], plan.Secrets.Select(secret => secret.Secret.Name));
        Assert.Equal(SecretKind.Text, plan.Secrets[0].Secret.Shape!.Kind);
        Assert.Equal(("git", "0440"), (plan.Secrets[1].Staged.Owner, plan.Secrets[1].Staged.Mode));
        Assert.Equal(Samples.LineOf("fleet.Hosts.Single().Value.Secrets.Add(", Here()), plan.Secrets[1].Where.Line);
    }

    [Fact]
    public void Two_placements_that_differ_name_both_lines()
    {
        var fleet = Samples.Fleet();
        var host = fleet.Hosts.Single().Value;
        host.Secrets.Add(new MachineSecret(Token) { Owner = "git" });
        host.Secrets.Add(new MachineSecret(Token) { Owner = "mail" });
        var problem = Assert.Single(Evaluator.Evaluate(fleet).Problems);

        Assert.Equal("The secret bot/token is placed in two ways, by one and by one.", problem.Message);
        Assert.Equal(problem.Where!.Line + 1, Assert.Single(problem.Also).Line);
    }

    [Fact]
    public void A_secret_cannot_be_a_folder_of_another() =>
        Assert.StartsWith(
            "bot and bot/token cannot both be",
            Assert.Single(Evaluator.Evaluate(Samples.Fleet(new Holder(new MachineSecret(Secret.Named("bot")), new MachineSecret(Token)))).Problems).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_test_machine_makes_up_what_its_owner_keeps()
    {
        var fleet = Samples.Fleet(new Holder(new MachineSecret(Token) { Owner = "git" }, new MachineSecret(Secret.Generated("own"))));
        var plan = Samples.Plan(fleet, inLab: true);

        Assert.All(plan.Secrets, secret => Assert.True(secret.Secret.IsGenerated));
        Assert.Equal("git", plan.Secrets[0].Staged.Owner);
        Assert.Equal(["bot/token"], plan.StandIns);
        Assert.Empty(Samples.Plan(fleet).StandIns);
    }

    private static string Here([System.Runtime.CompilerServices.CallerFilePath] string file = "") => file;

    private sealed record Holder(params Artifact[] Artifacts) : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) => Artifacts;
    }
}
