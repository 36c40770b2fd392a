using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hale.Catalogue.Tests;
using Hale.Produce;
using Hale.Store.Closure;
using Lab.Tests.Isolation;
using Lab.Tests.Ohana;

namespace Lab.Tests.Homeservers;

/// <summary>Homeservers as their people and other servers meet them: with PostgreSQL, over federation, and when the declaration changes.</summary>
[Collection(OhanaMachine.Name)]
public sealed class FederationTests(PairFixture pair) : IClassFixture<PairFixture>
{
    [LabFact]
    public async Task Two_servers_exchange_messages_over_8448_with_certificates_of_a_local_authority()
    {
        var said = await TalkAsync("hale", await PairFixture.PasswordAsync(pair.East), pair.East, "hale", await PairFixture.PasswordAsync(pair.West), pair.West);

        Assert.Equal("Hello from @hale:east.example.org", said.GetProperty("first").GetString());
        Assert.Equal("Hello from @hale:west.example.org", said.GetProperty("second").GetString());
        Assert.Contains("\"name\":\"Synapse\"", await pair.East.SucceedAsync("curl --silent --show-error --cacert /var/lib/caddy/caddy/pki/authorities/local/root.crt https://west.example.org:8448/_matrix/federation/v1/version"), StringComparison.Ordinal);
        // Nobody but servers: clients are not served there.
        Assert.Equal("404", (await pair.East.SucceedAsync("curl --silent --insecure --output /dev/null --write-out '%{http_code}' https://west.example.org:8448/_matrix/client/versions")).Trim());
    }

    [LabFact]
    public async Task Two_people_talk_and_what_they_said_is_there_after_restarts_of_database_and_server()
    {
        const string password = "correct horse battery";
        await PairFixture.RegisterAsync(pair.East, "ruth", password);
        var said = await TalkAsync("hale", await PairFixture.PasswordAsync(pair.East), pair.East, "ruth", password, pair.East);

        await pair.East.SucceedAsync("systemctl restart postgresql.service");
        var (text, answers) = await ReadAsync(said);
        Assert.Equal("Hello from @ruth:east.example.org", text);
        // Synapse learns that a connection is lost, of its ten at most, by a request that fails; nothing else is seen.
        Assert.InRange(answers.Count, 1, 11);
        Assert.All(answers.SkipLast(1), answer => Assert.Equal(HttpStatusCode.InternalServerError, answer));
        await pair.East.SucceedAsync("systemctl restart matrix-synapse.service", TimeSpan.FromMinutes(3));
        Assert.Equal("Hello from @ruth:east.example.org", (await ReadAsync(said)).Text);

        foreach (var unit in new[] { "postgresql.service", "postgresql-databases.service", "postgresql-first.service", "matrix-synapse.service" })
            await Exposure.AssertAtMostAsync(pair.East, 2.0, unit);
        // The socket is all there is, and another user gets nowhere on it.
        Assert.DoesNotContain("postgres", await pair.East.SucceedAsync("ss --listening --tcp --processes"), StringComparison.Ordinal);
        var stranger = await pair.East.RunAsync(Inside("nobody", "psql --host=/run/postgresql --username=matrix-synapse --dbname=synapse --command='select 1'"));
        Assert.NotEqual(0, stranger.ExitCode);
        Assert.Contains("Peer authentication failed", stranger.Error, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Another_server_name_and_another_database_are_refused_with_the_reason()
    {
        var before = await pair.East.SucceedAsync("readlink /etc/hale/system");

        var renamed = await pair.DeployAsync(pair.East, pair.Declare("east") with { ServerName = "new.example.org" });
        var moved = await pair.DeployAsync(pair.East, pair.Declare("east") with { Database = Hale.Catalogue.HomeserverDatabase.Embedded });

        Assert.Equal(Outcome.Refused, renamed.Outcome);
        Assert.Contains(renamed.Errors, error => error.ToString().Contains("made with the server name east.example.org", StringComparison.Ordinal));
        Assert.Equal(Outcome.Refused, moved.Outcome);
        Assert.Contains(moved.Errors, error => error.ToString().Contains("kept in PostgreSQL", StringComparison.Ordinal));
        Assert.Equal(before, await pair.East.SucceedAsync("readlink /etc/hale/system"));
    }

    [LabFact]
    public async Task With_federation_off_nothing_answers_other_servers()
    {
        var off = pair.Declare("west") with { Federation = false, FederationPort = 443, OpenFirewall = false, FederationAuthorities = [], FederationNetworks = [] };
        Assert.Equal(Outcome.Done, (await pair.DeployAsync(pair.West, off)).Outcome);
        try
        {
            Assert.Equal(7, (await pair.East.RunAsync("curl --silent --insecure --max-time 5 https://west.example.org:8448/_matrix/federation/v1/version")).ExitCode);
            foreach (var path in new[] { "/_matrix/federation/v1/version", "/_matrix/key/v2/server", "/_matrix/%66ederation/v1/version", "/_matrix//key/v2/server" })
                Assert.Contains("M_FORBIDDEN", await pair.East.SucceedAsync($"curl --silent --insecure --path-as-is 'https://west.example.org{path}'"), StringComparison.Ordinal);
        }
        finally
        {
            Assert.Equal(Outcome.Done, (await pair.DeployAsync(pair.West, pair.Declare("west"))).Outcome);
        }
    }

    [LabFact]
    public async Task A_server_is_not_talked_to_where_its_authority_is_not_trusted()
    {
        const string profile = "curl --silent --show-error --output /dev/null --write-out '%{http_code}' http://127.0.0.1:8008/_matrix/client/v3/profile/@hale:east.example.org";
        Assert.Equal("200", (await pair.West.SucceedAsync(profile)).Trim());
        var stranger = pair.Declare("west") with { FederationAuthorities = [new TextFile("stranger.pem", PairFixture.MakeAuthority().Certificate)] };
        Assert.Equal(Outcome.Done, (await pair.DeployAsync(pair.West, stranger)).Outcome);
        try
        {
            Assert.Equal("502", (await pair.West.SucceedAsync(profile)).Trim());
        }
        finally
        {
            Assert.Equal(Outcome.Done, (await pair.DeployAsync(pair.West, pair.Declare("west"))).Outcome);
        }
        Assert.Equal("200", (await pair.West.SucceedAsync(profile)).Trim());
    }

    /// <summary>The way of PostgreSql's README. Debian 13 has one major version, so that the machine's note has to say that its data were another's.</summary>
    [LabFact]
    public async Task The_data_of_another_major_version_come_over_by_a_dump_and_only_with_somebodys_word()
    {
        const string password = "correct horse battery";
        await PairFixture.RegisterAsync(pair.East, "noor", password);
        var said = await TalkAsync("hale", await PairFixture.PasswordAsync(pair.East), pair.East, "noor", password, pair.East);
        await pair.East.SucceedAsync($"""
            set -e
            systemctl stop matrix-synapse
            {Inside("postgres", "pg_dumpall --host=/run/postgresql")} | grep -v '^CREATE ROLE postgres;' > /root/upgrade.sql
            systemctl stop postgresql postgresql-first && mv /var/lib/postgresql/17 /root/postgresql-17
            install -D -o postgres -g postgres -m 0600 /root/upgrade.sql /var/lib/postgresql/17/upgrade.sql
            cp -p /var/lib/hale/state/postgresql.json /root/ && sed -i 's/"17"/"16"/' /var/lib/hale/state/postgresql.json && ! cmp -s /root/postgresql.json /var/lib/hale/state/postgresql.json
            """);

        var unsaid = await pair.DeployAsync(pair.East, pair.Declare("east"), databaseMemory: 160);
        var adopted = await pair.DeployAsync(pair.East, pair.Declare("east"), databaseMemory: 160, adoptData: true);

        Assert.Equal(Outcome.Refused, unsaid.Outcome);
        Assert.Contains(unsaid.Errors, error => error.ToString().Contains("are of the format 16, and this system's postgresql is of 17", StringComparison.Ordinal));
        Assert.True(adopted.Outcome == Outcome.Done, string.Join('\n', adopted.Errors));
        Assert.Equal("Hello from @noor:east.example.org", (await ReadAsync(said)).Text);
        await TalkAsync("hale", await PairFixture.PasswordAsync(pair.East), pair.East, "noor", password, pair.East);
        await pair.East.SucceedAsync("test -e /var/lib/postgresql/17/upgrade.sql.read && grep --quiet '\"17\"' /var/lib/hale/state/postgresql.json");
        Assert.Equal(Outcome.Done, (await pair.DeployAsync(pair.East, pair.Declare("east"))).Outcome);
    }

    /// <summary>A command in the database server's own root, as one of the machine's users.</summary>
    private static string Inside(string user, string command) =>
        $"nsenter --target \"$(systemctl show -P MainPID postgresql)\" --mount --root --wd=/ --setgid \"$(id -g {user})\" --setuid \"$(id -u {user})\" /usr/lib/postgresql/17/bin/{command}";

    /// <summary>Reads what the second one said, as the first, and says which answers came until then; the server may be on its way up.</summary>
    private async Task<(string? Text, List<HttpStatusCode> Answers)> ReadAsync(JsonElement said)
    {
        using var client = pair.Client(pair.East);
        for (var answers = new List<HttpStatusCode>(); ; await Task.Delay(500))
        {
            using var request = new HttpRequestMessage(HttpMethod.Get,
                $"https://east.example.org/_matrix/client/v3/rooms/{said.GetProperty("room").GetString()}/event/{Uri.EscapeDataString(said.GetProperty("event").GetString()!)}");
            request.Headers.Authorization = new("Bearer", said.GetProperty("token").GetString());
            using var answer = await client.SendAsync(request);
            answers.Add(answer.StatusCode);
            if (answer.StatusCode == HttpStatusCode.OK || answers.Count == 120)
                return ((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("content").GetProperty("body").GetString(), answers);
        }
    }

    private async Task<JsonElement> TalkAsync(string one, string password, Hale.Lab.Machine at, string other, string otherPassword, Hale.Lab.Machine otherAt)
    {
        var arguments = new[] { Repository.At("tests", "Lab.Tests", "client", "talk.mjs"), Url(at), one, Url(otherAt), other };
        var start = new ProcessStartInfo("node", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NODE_EXTRA_CA_CERTS"] = pair.Certificate;
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync($"{password}\n{otherPassword}\n");
        node.StandardInput.Close();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, await errors);
        return JsonDocument.Parse(output).RootElement;

        static string Url(Hale.Lab.Machine machine) => $"https://{machine.Name}.example.org:{machine.Forward(443).LocalPort}";
    }
}
