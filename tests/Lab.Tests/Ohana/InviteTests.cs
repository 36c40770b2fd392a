using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Hale.Catalogue.Tests;
using Hale.Operator;
using Hale.Operator.Deploy;

namespace Lab.Tests.Ohana;

/// <summary>Invites, from <c>hale invite</c> over ssh to the account, through Caddy's TLS.</summary>
[Collection(OhanaMachine.Name)]
public sealed class InviteTests(OhanaFixture ohana)
{
    private static readonly string Unique = $"{Environment.TickCount64 % 100_000}";

    [LabFact]
    public async Task An_invite_is_used_from_the_page_and_from_a_client_and_refused_when_used_up()
    {
        var invite = await CreateAsync("--label", "The cousins", "--uses", "2");

        Assert.Equal($"@page{Unique}:ohana-matrix.xyz", await Person.RegisterInBrowserAsync(ohana, Text(invite, "link"), $"page{Unique}"));
        var client = await Person.RunAsync(ohana, "register.mjs", $"app{Unique}", Person.Password, Text(invite, "code"));
        Assert.Equal($"@app{Unique}:ohana-matrix.xyz", Text(client, "user_id"));
        Assert.True(client.GetProperty("signed_in").GetBoolean());

        var refused = await Person.RunAsync(ohana, "register.mjs", $"late{Unique}", Person.Password, Text(invite, "code"));
        Assert.StartsWith("This invite was used already.", Text(refused, "refused"), StringComparison.Ordinal);
        Assert.StartsWith("This invite was used already.", await Person.RegisterInBrowserAsync(ohana, Text(invite, "link"), $"later{Unique}"), StringComparison.Ordinal);

        var shown = await HaleAsync("show", Id(invite), "--json");
        Assert.Equal("used up", Text(shown.GetProperty("invite"), "state"));
        Assert.Equal([("app", $"@app{Unique}:ohana-matrix.xyz"), ("page", $"@page{Unique}:ohana-matrix.xyz")],
            shown.GetProperty("uses").EnumerateArray().Select(use => (Text(use, "via"), Text(use, "user"))));

        // Neither the machine's disk nor its journal has the code.
        var code = Text(invite, "code");
        var found = await ohana.Machine.RunAsync($"grep -rlaF -e {code} -e {code.Replace("-", "", StringComparison.Ordinal)} /var/lib/private/registration /var/log /run/log 2>/dev/null");
        Assert.Equal("", found.Output.Trim());
        Assert.NotEqual("", (await ohana.Machine.SucceedAsync("grep -laF 'The cousins' /var/lib/private/registration/*")).Trim());
    }

    [LabFact]
    public async Task Revoked_and_expired_invites_are_refused_with_the_reason()
    {
        var expiring = await CreateAsync("--expires", "10s");
        var revoked = await CreateAsync("--user", "grandpa");
        var ended = await HaleAsync("revoke", Id(revoked), "--json");
        Assert.True(ended.GetProperty("changed").GetBoolean());

        var takenBack = await Person.RunAsync(ohana, "register.mjs", "grandpa", Person.Password, Text(revoked, "code"));
        Assert.StartsWith("This invite was taken back.", Text(takenBack, "refused"), StringComparison.Ordinal);

        var end = DateTimeOffset.Parse(Text(expiring.GetProperty("invite"), "expires"), CultureInfo.InvariantCulture);
        if (end - DateTimeOffset.UtcNow is { Ticks: > 0 } left)
            await Task.Delay(left + TimeSpan.FromSeconds(1));
        var late = await Person.RunAsync(ohana, "register.mjs", $"late{Unique}", Person.Password, Text(expiring, "code"));
        Assert.StartsWith("This invite has expired.", Text(late, "refused"), StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Of_a_hundred_attempts_at_once_one_makes_an_account()
    {
        var invite = await CreateAsync();
        // On the machine itself, where each can name an address of its own.
        var answers = await ohana.Machine.SucceedAsync($$$"""
            for i in $(seq 100); do
              curl --silent --output /dev/null --write-out '%{http_code}\n' --header "X-Forwarded-For: 203.0.113.$i" --header 'Content-Type: application/json' \
                --data '{"username":"rush{{{Unique}}}-'$i'","password":"{{{Person.Password}}}","invite_code":"{{{Text(invite, "code")}}}"}' http://127.0.0.1:8009/api/register &
            done; wait
            """);
        var statuses = answers.Trim().Split('\n');

        Assert.Equal(100, statuses.Length);
        Assert.Single(statuses, status => status == "200");
        Assert.All(statuses, status => Assert.Contains(status, (string[])["200", "403", "409", "429"]));
        Assert.Equal(1, (await HaleAsync("show", Id(invite), "--json")).GetProperty("invite").GetProperty("used").GetInt32());
    }

    [LabFact]
    public async Task Into_a_private_room_a_newcomer_is_let_by_the_services_own_account()
    {
        var owner = await RegisterAsync($"owner{Unique}", Text(await CreateAsync(), "code"));
        var room = Text(await MatrixAsync(HttpMethod.Post, "createRoom", owner, new { preset = "private_chat" }), "room_id");

        var (exit, said, _) = await RunAsync("create", "--room", room);
        Assert.Equal(0, exit);
        Assert.Contains("    hint: Invite @invites:ohana-matrix.xyz there, once.\n", said, StringComparison.Ordinal);
        await MatrixAsync(HttpMethod.Post, $"rooms/{room}/invite", owner, new { user_id = "@invites:ohana-matrix.xyz" });
        var invite = await CreateAsync("--room", room);
        Assert.Empty(invite.GetProperty("notes").EnumerateArray());

        var guest = await RegisterAsync($"guest{Unique}", Text(invite, "code"));
        var joined = await MatrixAsync(HttpMethod.Get, "joined_rooms", guest);
        Assert.Equal([room], joined.GetProperty("joined_rooms").EnumerateArray().Select(one => one.GetString()));
    }

    [LabFact]
    public async Task What_is_asked_wrongly_is_refused_with_a_hint_and_an_exit_code()
    {
        var (unknown, _, said) = await RunAsync("show", "nope");
        var (usage, _, _) = await RunAsync("create", "--expires", "soon");
        var (refused, _, reasons) = await RunAsync("create", "--uses", "2", "--user", "na na", "--room", "kitchen");
        var (listed, table, _) = await RunAsync("list");

        Assert.Equal((1, 2, 1, 0), (unknown, usage, refused, listed));
        Assert.Contains("There is no invite \"nope\".", said, StringComparison.Ordinal);
        foreach (var reason in (string[])["is not a user name", "no use to 2 accounts", "neither a room's alias nor its id"])
            Assert.Contains(reason, reasons, StringComparison.Ordinal);
        Assert.Contains("Shared code", table, StringComparison.Ordinal);

        var (made, text, _) = await RunAsync("create", "--label", "Seen", "--qr");
        Assert.Equal(0, made);
        Assert.Contains("https://ohana-matrix.xyz/register/#code=", text, StringComparison.Ordinal);
        Assert.Contains("█ ▄▄▄▄▄ █", text, StringComparison.Ordinal);
        Assert.Equal("600 0700", (await ohana.Machine.SucceedAsync("stat -L -c %a /run/registration/admin.sock; stat -L -c 0%a /run/registration")).Trim().Replace('\n', ' '));
        Assert.NotEqual(0, (await ohana.Machine.RunAsync("setpriv --reuid=65534 --clear-groups sh -c 'echo {} | /etc/registration/invites'")).ExitCode);
    }

    /// <returns>The access token of the new account.</returns>
    private async Task<string> RegisterAsync(string user, string code)
    {
        var account = await Person.RunAsync(ohana, "register.mjs", user, Person.Password, code);
        Assert.Equal($"@{user}:ohana-matrix.xyz", Text(account, "user_id"));
        return Text(await MatrixAsync(HttpMethod.Post, "login", null,
            new { type = "m.login.password", identifier = new { type = "m.id.user", user }, password = Person.Password }), "access_token");
    }

    private async Task<JsonElement> MatrixAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var client = ohana.Client();
        using var request = new HttpRequestMessage(method, $"https://ohana-matrix.xyz/_matrix/client/v3/{path}");
        if (token is not null)
            request.Headers.Authorization = new("Bearer", token);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private Task<JsonElement> CreateAsync(params string[] options) => HaleAsync(["create", "--json", .. options]);

    private async Task<JsonElement> HaleAsync(params string[] arguments)
    {
        var (exit, output, error) = await RunAsync(arguments);
        Assert.True(exit == 0, $"hale invite ohana {string.Join(' ', arguments)}: {exit}\n{output}{error}");
        return JsonDocument.Parse(output).RootElement;
    }

    private async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var exit = await HaleCommand.RunAsync(["invite", "ohana", .. arguments], new VerbContext
        {
            Fleet = await OhanaFixture.DeclareAsync(),
            FleetFile = Repository.At("examples", "ohana", "fleet.cs"),
            TargetOf = _ => new SshTarget(ohana.Machine.Ssh.Destination) { Options = ohana.Machine.Ssh.Options },
            Surroundings = new Surroundings { Out = output, Error = error, WorkingDirectory = Repository.Root, CacheFolder = Path.GetTempPath(), Who = "tests@here" },
        }, CancellationToken.None);
        return (exit, output.ToString(), error.ToString());
    }

    private static string Id(JsonElement made) => Text(made.GetProperty("invite"), "id");

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString()! : throw new Xunit.Sdk.XunitException($"no {name} in {element}");
}
