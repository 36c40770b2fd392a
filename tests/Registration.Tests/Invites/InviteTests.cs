using System.Text.Json.Nodes;
using Sqlite;
using Registration.Hosting;
using Registration.Limits;
using Registration.Tests.Harness;

namespace Registration.Tests.Invites;

/// <summary>What an invite allows and what it refuses, by a clock that the tests turn.</summary>
public class InviteTests : IAsyncLifetime
{
    // For the test with a hundred attempts, and exactly reached by the one about this limit.
    private static readonly Limit limitOfCode = new(100, TimeSpan.FromMinutes(10));

    private readonly ManualTime time = new();
    private Accounts homeserver = null!;
    private Service service = null!;

    public async Task InitializeAsync()
    {
        homeserver = await Accounts.StartAsync();
        service = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        await homeserver.DisposeAsync();
    }

    [Fact]
    public async Task An_invite_makes_as_many_accounts_as_it_has_uses_and_each_is_recorded()
    {
        var (id, code) = await service.InviteAsync(new() { ["label"] = "Aunts", ["uses"] = 2, ["by"] = "root@home" });

        Assert.Equal(200, (await service.ApiAsync("anna", code: code, from: "203.0.113.77")).Status);
        Assert.Equal(200, (await service.FormAsync("berta", code: code.ToUpperInvariant().Replace("-", " "), from: "2001:db8:1:2::5")).Status);
        var third = await service.ApiAsync("carla", code: code);

        Assert.Equal((403, "invite used up"), (third.Status, third.Error));
        var shown = await service.ShowAsync(id);
        Assert.Equal(("Aunts", "used up", 2, 2, "root@home"), ((string)shown["invite"]!["label"]!, (string)shown["invite"]!["state"]!,
            (int)shown["invite"]!["uses"]!, (int)shown["invite"]!["used"]!, (string)shown["invite"]!["created_by"]!));
        Assert.Equal(
            [("@berta:example.test", "2001:db8:1::/48", "page"), ("@anna:example.test", "203.0.113.0/24", "API")],
            shown["uses"]!.AsArray().Select(use => ((string)use!["user"]!, (string)use["client"]!, (string)use["via"]!)));
    }

    [Fact]
    public async Task A_link_is_drawn_where_that_is_asked_for()
    {
        var plain = await service.AdminAsync(new() { ["verb"] = "create" });
        var drawn = await service.AdminAsync(new() { ["verb"] = "create", ["qr"] = true });

        Assert.False(plain.ContainsKey("qr"));
        string[] rows = [.. drawn["qr"]!.AsArray().Select(row => (string)row!)];
        Assert.All(rows, row => Assert.Matches($"^[01]{{{rows.Length}}}$", row));
        Assert.Contains("1111111", rows[4], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_hundred_parallel_attempts_one_makes_an_account()
    {
        var (id, code) = await service.InviteAsync();
        var replies = await Task.WhenAll(Enumerable.Range(0, 100).Select(number => service.ApiAsync($"user{number}", code: code, from: $"203.0.113.{number}")));

        Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies.Where(reply => reply.Status != 200), reply =>
            Assert.Contains(reply.Error, (string[])["invite used up", "invite is being used at this moment"]));
        Assert.Single(homeserver.Names);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
    }

    [Fact]
    public async Task Expired_revoked_and_wrong_are_told_apart_to_whoever_has_the_code()
    {
        var (_, expiring) = await service.InviteAsync(new() { ["expires"] = "7d" });
        var (id, revoked) = await service.InviteAsync();
        await service.AdminAsync(new() { ["verb"] = "revoke", ["id"] = id });
        time.Advance(TimeSpan.FromDays(7));

        Assert.Equal("invite expired", (await service.ApiAsync("anna", code: expiring)).Error);
        Assert.Equal("invite revoked", (await service.ApiAsync("anna", code: revoked)).Error);
        Assert.Equal("invalid invite code", (await service.ApiAsync("anna", code: "abcd-efgh-jkmn-pqrs")).Error);
        Assert.Contains("This invite has expired.", (await service.FormAsync("anna", code: expiring)).Text);
        Assert.Empty(homeserver.Names);
    }

    [Theory]
    [InlineData(" {0} ")]
    [InlineData("{1}")]
    [InlineData("{2}")]
    [InlineData("\u200b{0}\ufeff")]
    [InlineData("\u201c{0}\u201d.")]
    public async Task A_code_counts_however_it_was_passed_on(string form)
    {
        var (_, code) = await service.InviteAsync();
        var given = string.Format(null, form, code, code.ToUpperInvariant().Replace('-', '\u2011'), code.Replace("-", " \u2013\u00ad ", StringComparison.Ordinal));
        Assert.Equal(200, (await service.FormAsync("anna", code: given)).Status);
    }

    [Fact]
    public async Task An_invite_for_one_name_is_for_no_other_and_needs_none_typed()
    {
        var (_, code) = await service.InviteAsync(new() { ["user"] = "Nana" });

        var other = await service.ApiAsync("mallory", code: code);
        var own = await service.ApiAsync("", code: code);

        Assert.Equal((403, "invite is for another user name"), (other.Status, other.Error));
        Assert.Equal(200, own.Status);
        Assert.Equal(["nana"], homeserver.Names);
    }

    [Fact]
    public async Task The_shared_code_is_an_invite_that_can_be_taken_back_until_it_is_another()
    {
        Assert.Equal(200, (await service.ApiAsync("anna")).Status);
        var shown = await service.ShowAsync("shared");
        Assert.Equal(("open", 1), ((string)shown["invite"]!["state"]!, (int)shown["invite"]!["used"]!));
        await service.AdminAsync(new() { ["verb"] = "revoke", ["id"] = "shared" });
        Assert.Equal("invite revoked", (await service.ApiAsync("berta")).Error);

        var state = service.State;
        await using (var again = await StartAsync(state: state, socket: "again.sock"))
            Assert.Equal("invite revoked", (await again.ApiAsync("berta")).Error);
        await using (var changed = await StartAsync(state: state, socket: "changed.sock", code: "another-code-43"))
        {
            Assert.Equal(200, (await changed.ApiAsync("berta", code: "another-code-43")).Status);
            Assert.Equal("invalid invite code", (await changed.ApiAsync("carla")).Error);
        }
    }

    [Fact]
    public async Task Attempts_with_one_code_are_limited_from_wherever_they_come()
    {
        var (_, code) = await service.InviteAsync(new() { ["uses"] = 1000 });
        for (var number = 0; number < limitOfCode.Count; number++)
            Assert.Equal(400, (await service.ApiAsync("not a name", code: code, from: $"203.0.113.{number}")).Status);
        Assert.Equal((429, 600d), (await service.ApiAsync("anna", code: code, from: "198.51.100.1")) is var reply ? (reply.Status, reply.RetryAfter) : default);
        Assert.Equal(200, (await service.ApiAsync("anna", from: "198.51.100.1")).Status);
    }

    [Fact]
    public async Task Neither_the_store_nor_the_log_knows_a_code()
    {
        using var state = new TemporaryFolder();
        var other = await StartAsync(state: state.Path);
        var (_, code) = await other.InviteAsync();
        Assert.Equal(200, (await other.ApiAsync("anna", code: code)).Status);
        await other.DisposeAsync();

        var files = Directory.EnumerateFiles(state.Path).ToList();
        Assert.Contains(files, file => file.EndsWith("invites.db", StringComparison.Ordinal));
        foreach (var file in files)
            foreach (var secret in (string[])[code, code.Replace("-", ""), Service.Code])
                Assert.DoesNotContain(secret, await File.ReadAllTextAsync(file, System.Text.Encoding.Latin1));
        Assert.DoesNotContain(code, other.Log.Text);
    }

    [Theory]
    [InlineData("""{"verb":"create","uses":0}""", "0 accounts")]
    [InlineData("""{"verb":"create","uses":2,"user":"nana"}""", "One user name is no use to 2 accounts")]
    [InlineData("""{"verb":"create","label":"Nana\u202eecila"}""", "one that cannot be shown")]
    [InlineData("""{"verb":"create","expires":"soon"}""", "\"soon\" is no span of time")]
    [InlineData("""{"verb":"create","user":"na na"}""", "is not a user name")]
    [InlineData("""{"verb":"create","rooms":["kitchen"]}""", "neither a room's alias nor its id")]
    [InlineData("""{"verb":"create","rooms":["#kit\u001b[31mchen:example.test"]}""", "neither a room's alias nor its id")]
    [InlineData("""{"verb":"show","id":"nope"}""", "There is no invite")]
    [InlineData("""{"verb":"revoke","id":"nope"}""", "There is no invite")]
    [InlineData("""{"verb":"delete"}""", "nothing to do")]
    [InlineData("""{"verb":"list","unknown":1}""", "no request")]
    public async Task What_administrators_ask_wrongly_is_said_with_a_hint(string request, string problem)
    {
        var answer = await service.AdminAsync(JsonNode.Parse(request)!.AsObject());
        var said = Assert.Single(answer["problems"]!.AsArray());
        Assert.Contains(problem, (string)said!["message"]!);
        Assert.NotEmpty((string)said["hint"]!);
    }

    [Fact]
    public async Task An_invite_for_a_name_that_nobody_can_have_is_not_made()
    {
        Assert.Equal(200, (await service.ApiAsync("anna")).Status);
        var refused = await service.AdminAsync(new() { ["verb"] = "create", ["user"] = "Anna" });
        Assert.Equal("Nobody could use an invite for the name \"anna\". This name is taken. Choose another.", (string)refused["problems"]![0]!["message"]!);
        // What it does not say, whoever registers will be told.
        homeserver.Away = true;
        await service.InviteAsync(new() { ["user"] = "anna" });
    }

    [Fact]
    public async Task A_password_that_no_homeserver_takes_is_refused_beside_its_field()
    {
        Assert.Equal("password must be at most 512 characters", (await service.ApiAsync("anna", new string('p', 513))).Error);
        Assert.Contains("Use at most 512 characters.", (await service.FormAsync("anna", new string('p', 513))).Text);
        Assert.Equal(200, (await service.ApiAsync("anna", new string('p', 512))).Status);
    }

    [Fact]
    public async Task A_store_of_a_newer_version_is_left_alone()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "invites.db");
        await (await StartAsync(state: folder.Path)).DisposeAsync();
        using (var store = SqliteFile.Open(path))
            store.Run("PRAGMA user_version = 99");
        var error = await Assert.ThrowsAsync<Registration.Store.StoreException>(() => StartAsync(state: folder.Path));
        Assert.Contains("newer version", error.Message);
        Assert.Equal("600\n", await Tools.RunAsync("stat", "--format=%a", path));
    }

    private Task<Service> StartAsync(string? state = null, string socket = "admin.sock", string code = Service.Code) => Service.StartAsync(
        homeserver.Url,
        settings => settings with { AdminSocket = Path.Combine(settings.StateFolder, socket), InviteCode = new(code) },
        options => (options.Time, options.Limits) = (time, new AttemptLimits { AttemptsPerClient = new(1000, TimeSpan.FromMinutes(1)), AttemptsPerCode = limitOfCode }),
        state);
}
