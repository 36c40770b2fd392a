using System.Net;
using System.Text.Json;

namespace Lab.Tests.Ohana;

/// <summary>What a member of the family does, through Caddy's TLS, with a real browser and a real client library.</summary>
[Collection(OhanaMachine.Name)]
public sealed class FamilyTests(OhanaFixture ohana)
{
    [LabFact]
    public async Task A_person_registers_in_a_browser_signs_in_makes_a_room_and_writes_a_message()
    {
        var code = (await ohana.Machine.SucceedAsync("cat /run/secrets/invite_code")).Trim();
        var user = $"nana{Environment.TickCount64 % 100_000}";

        Assert.Equal($"@{user}:ohana-matrix.xyz", await Person.RegisterInBrowserAsync(ohana, $"https://ohana-matrix.xyz/register/#code={code}", user));
        var said = await Person.RunAsync(ohana, "conversation.mjs", user, Person.Password);

        Assert.Equal($"@{user}:ohana-matrix.xyz", said.GetProperty("user_id").GetString());
        Assert.Equal($"Hello from {user}", said.GetProperty("body").GetString());
    }

    [LabFact]
    public async Task Two_people_talk_encrypted_and_the_homeserver_has_nothing_to_read()
    {
        string[] users = [$"tutu{Environment.TickCount64 % 100_000}", $"keiki{Environment.TickCount64 % 100_000}"];
        foreach (var user in users)
            await Person.RegisterAsync(ohana, user);

        var said = await Person.RunAsync(ohana, "secret.mjs", users[0], Person.Password, users[1], Person.Password);

        Assert.Equal([("Nobody else reads this", true), ("Nor that", true)],
            said.GetProperty("heard").EnumerateArray().Select(one => (one.GetProperty("body").GetString(), one.GetProperty("encrypted").GetBoolean())));
        Assert.Equal((2, 0), (said.GetProperty("encrypted").GetInt32(), said.GetProperty("in_the_clear").GetInt32()));
    }

    [LabFact]
    public async Task The_well_known_documents_lead_clients_and_servers_to_the_gateway()
    {
        using var client = ohana.Client();

        using var answer = await client.GetAsync("https://ohana-matrix.xyz/.well-known/matrix/client");
        var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var server = JsonDocument.Parse(await client.GetStringAsync("https://ohana-matrix.xyz/.well-known/matrix/server")).RootElement;

        Assert.Equal("https://ohana-matrix.xyz", document.GetProperty("m.homeserver").GetProperty("base_url").GetString());
        Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("ohana-matrix.xyz:443", server.GetProperty("m.server").GetString());
    }

    [LabTheory]
    [InlineData("/_matrix/client/v3/register")]
    [InlineData("/_matrix/client/v3/register/")]
    [InlineData("/_matrix/client/r0/register?kind=guest")]
    [InlineData("/_matrix/client/v3/%72egister")]
    [InlineData("/_matrix//client/v3/register")]
    [InlineData("/_matrix/client/v3/../v3/register")]
    [InlineData("/_synapse/admin/v1/register")]
    public async Task The_homeservers_own_registration_cannot_be_reached_around_the_page(string path)
    {
        using var client = ohana.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("https://ohana-matrix.xyz" + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json"),
        };

        using var answer = await client.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();

        Assert.DoesNotContain("nonce", body, StringComparison.Ordinal);
        if (body.Contains("session", StringComparison.Ordinal))
        {
            // The registration service answers in Synapse's place: to it, Synapse's own token is no invite.
            var session = JsonDocument.Parse(body).RootElement.GetProperty("session").GetString();
            var token = (await ohana.Machine.SucceedAsync("cat /var/lib/hale/secrets/matrix/registration_token /run/secrets/matrix/registration_token 2>/dev/null | head -n 1")).Trim();
            Assert.NotEqual("", token);
            using var second = new StringContent(
                $$$"""{"username":"intruder","password":"{{{Person.Password}}}","auth":{"type":"m.login.registration_token","token":"{{{token}}}","session":"{{{session}}}"}}""",
                System.Text.Encoding.UTF8, "application/json");
            using var refused = await client.PostAsync(request.RequestUri, second);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.DoesNotContain("completed", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            return;
        }
        Assert.True(answer.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.BadRequest or HttpStatusCode.PermanentRedirect, $"{answer.StatusCode}: {body}");
    }

    [LabFact]
    public async Task Secrets_are_made_once_readable_by_root_alone_and_stand_in_no_store_path()
    {
        var listing = await ohana.Machine.SucceedAsync("find /var/lib/hale/secrets /run/secrets.d -type f -printf '%m %U %G %s %P\\n' | sort -k5");
        Assert.NotEmpty(listing);
        Assert.All(listing.Trim().Split('\n'), line => Assert.Matches("^[46]00 0 0 ", line));

        // The search would find a secret: it finds one that is planted.
        const string search = "for s in $(find /var/lib/hale/secrets -type f); do grep -rlFf $s /nix/store /etc/hale/system/ 2>/dev/null; done; true";
        await ohana.Machine.SucceedAsync("mkdir -p /nix/store/planted && cp /run/secrets/invite_code /nix/store/planted/");
        Assert.Contains("planted", await ohana.Machine.SucceedAsync(search), StringComparison.Ordinal);
        await ohana.Machine.SucceedAsync("rm -r /nix/store/planted");
        Assert.Equal("", (await ohana.Machine.SucceedAsync(search)).Trim());

        var unreadable = await ohana.Machine.RunAsync("setpriv --reuid=65534 --clear-groups cat /run/secrets/invite_code");
        Assert.NotEqual(0, unreadable.ExitCode);
    }
}
