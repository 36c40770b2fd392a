using Hale.Activator.Staging;
using Hale.Activator.Tests.Support;
using Hale.Secrets;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Staging.SealedMachine;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Staging;

/// <summary>What cannot be opened refuses the whole switch, before anything is touched, all of it at once, and no value is said.</summary>
public sealed class OpeningTests : IDisposable
{
    private const string Value = "the-value-itself";
    private readonly SealedMachine _sealed = new();

    private TestMachine Machine => _sealed.Machine;

    private string Folder { get; set; } = "";

    private ResultEvent Activate(params ManifestSecret[] secrets) => Machine.Activate(Machine.Put("one", Of(Unit("a.service")) with { Sealed = Folder, Secrets = secrets }));

    private IReadOnlyList<ActivationError> Refused(params ManifestSecret[] secrets)
    {
        var before = Machine.State();
        var result = Activate(secrets);
        Assert.Equal(Outcome.Refused, result.Outcome);
        Assert.Equal(before, Machine.State());
        Assert.Empty(Machine.Systemd.Calls);
        Assert.DoesNotContain(Value, string.Join('\n', Machine.Events.Concat([result]).Select(e => System.Text.Json.JsonSerializer.Serialize(e, EventJson.Default.ActivationEvent))), StringComparison.Ordinal);
        return result.Errors;
    }

    private void Seal(string plain = $"token: {Value}\nnested:\n    inner: {Value}\nempty: \"\"\n") => Folder = _sealed.Seal(1, ("s.yaml", plain));

    [Fact]
    public void Every_secret_that_cannot_be_had_is_told_with_its_file_and_key()
    {
        Seal();
        Machine.Write($"{Folder}/plain.yaml", "token: not encrypted\n");
        var errors = Refused(
            Provided("token"), Provided("gone"), Provided("nested"), Provided("empty"), Provided("lost", "x", "none.yaml"), Provided("bare", "token", "plain.yaml"));

        Assert.Equal(5, errors.Count);
        Assert.Contains(errors, e => e.Message == "s.yaml: there is no value gone." && e.Hint!.Contains("nested/inner", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Message == "s.yaml: nested is a map, and one value is needed.");
        Assert.Contains(errors, e => e.Message.StartsWith("s.yaml: the value empty is empty", StringComparison.Ordinal));
        Assert.Contains(errors, e => e.Message == "none.yaml: there is no such file.");
        Assert.Contains(errors, e => e.Message.StartsWith("plain.yaml: the file is not encrypted with sops", StringComparison.Ordinal));
    }

    [Fact]
    public void A_changed_file_is_refused_by_its_code()
    {
        Seal();
        var lines = Machine.Read($"{Folder}/s.yaml").Split('\n');
        Machine.Write($"{Folder}/s.yaml", string.Join('\n', lines.Where(line => !line.StartsWith("    inner:", StringComparison.Ordinal))));
        Assert.Contains("authentication code", Assert.Single(Refused(Provided("token"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_for_another_key_is_refused_with_who_could_open_it()
    {
        Folder = _sealed.Seal(1);
        var other = AgeIdentity.Generate().Recipient;
        Machine.Write($"{Folder}/s.yaml", _sealed.Encrypt("s.yaml", $"token: {Value}\n", other));
        var error = Assert.Single(Refused(Provided("token")));
        Assert.Contains($"s.yaml: no key at hand opens the file. It is encrypted to {other}; at hand: {_sealed.Recipient}", error.Message, StringComparison.Ordinal);
        Assert.Contains("hale secrets recipients add", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_others_can_read_is_refused()
    {
        Seal();
        File.SetUnixFileMode(Machine.At(KeyFile), (UnixFileMode)0b110_100_100);
        var error = Assert.Single(Refused(Provided("token")));
        Assert.StartsWith($"{KeyFile}: the key file has mode 0644", error.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 600", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_key_only_that_is_told()
    {
        Seal();
        File.Delete(Machine.At(KeyFile));
        var error = Assert.Single(Refused(Provided("token"), Provided("gone")));
        Assert.Contains("hale machine-key HOST", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void An_owner_whom_nobody_makes_is_refused_and_one_of_the_new_system_is_not()
    {
        Seal();
        var owned = Provided("token") with { Owner = "bot", Group = "bots" };
        Assert.Equal(["'token' is to belong to the user bot, and this machine has none of that name.", "'token' is to belong to the group bots, and this machine has none of that name."], Refused(owned).Select(e => e.Message));

        var system = Of() with { Sealed = Folder, Secrets = [owned], Files = [Etc("/etc/sysusers.d/hale.conf")] };
        var path = Machine.Put("two", system);
        Machine.Write(StorePath("hale.conf"), "u bot - \"a bot\"\ng bots -\n");
        Assert.Equal(Outcome.Done, Machine.Activate(path).Outcome);
    }

    [Fact]
    public void What_stands_where_a_link_must_go_is_refused_and_never_overwritten()
    {
        Seal();
        Machine.Write("/srv/token", "mine");
        Assert.StartsWith("/srv/token is in the way", Assert.Single(Refused(Provided("token") with { Link = "/srv/token" })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0444")]
    [InlineData("0401")]
    [InlineData("")]
    [InlineData("rwx")]
    [InlineData("77777770")]
    public void A_mode_that_gives_others_anything_or_is_none_is_refused(string mode)
    {
        Seal();
        Assert.Contains("has the mode", Assert.Single(Refused(Provided("token") with { Mode = mode })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("etc/passwd")]
    [InlineData("/etc/../root/x")]
    [InlineData("/run/secrets/x")]
    [InlineData("/etc/hale/secrets")]
    public void A_link_that_leads_elsewhere_is_refused(string link)
    {
        Seal();
        Assert.Contains("which is no place for one", Assert.Single(Refused(Provided("token") with { Link = link })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_secret_at_boot_keeps_back_nothing_else()
    {
        Seal();
        Folder = _sealed.Seal(1, ("s.yaml", $"token: {Value}\n"), ("t.yaml", $"other: {Value}\n"));
        Activate(Provided("token"), Provided("other", file: "t.yaml"), new() { Name = "made" });
        Directory.Delete(Machine.At("/run"), recursive: true);
        Machine.Write($"{Folder}/t.yaml", "broken");

        var result = Restaging.Run(Machine.Context);
        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.StartsWith("t.yaml", Assert.Single(result.Errors).Message, StringComparison.Ordinal);
        Assert.Equal(["made", "token"], Machine.Files.Names("/run/secrets.d/1").Order());

        // By hand, with something staged already, nothing is touched.
        var before = Machine.State();
        Assert.Equal(Outcome.Failed, Restaging.Run(Machine.Context).Outcome);
        Assert.Equal(before, Machine.State());
    }

    [Fact]
    public void By_hand_what_was_changed_in_memory_is_put_right_and_its_users_restart()
    {
        Seal();
        Machine.Activate(Machine.Put("one", Of(Unit("a.service") with { Secrets = ["token"] }, Unit("b.service")) with { Sealed = Folder, Secrets = [Provided("token")] }));
        Assert.Equal(Outcome.Nothing, Restaging.Run(Machine.Context).Outcome);
        Machine.Write("/run/secrets.d/1/token", "somebody was here");
        Machine.Systemd.Calls.Clear();
        Assert.Equal(Outcome.Done, Restaging.Run(Machine.Context).Outcome);
        Assert.Equal((Value, "restart a.service"), (_sealed.Staged("token"), Assert.Single(Machine.Systemd.Calls)));
    }

    public void Dispose() => _sealed.Dispose();
}
