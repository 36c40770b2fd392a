using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Hale.Contribute;
using Hale.Declare;
using Hale.Operator.Doctor;

namespace Hale.Operator.Tests.Doctor;

/// <summary>The doctor's command at a world on loopback: all is well, then each thing wrong by itself, so that each look is known to see.</summary>
public sealed class DoctorTests : IDisposable
{
    private const string Server = "example.org";
    private const string Gateway = "matrix.example.org";

    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    private static OutsideWorld World(DateTimeOffset? from = null, DateTimeOffset? until = null)
    {
        var world = new OutsideWorld([Server, Gateway], from, until);
        world.Answers[$"{Server}/.well-known/matrix/client"] = (200, $$$"""{"m.homeserver":{"base_url":"https://{{{Gateway}}}"}}""", "*");
        world.Answers[$"{Server}/.well-known/matrix/server"] = (200, $$"""{"m.server":"{{Gateway}}:443"}""", "");
        world.Answers[$"{Gateway}/_matrix/client/versions"] = (200, """{"versions":["v1.11"]}""", "*");
        world.Answers[$"{Gateway}/_matrix/client/v3/login"] = (200, "", "*");
        world.Answers[$"{Gateway}/_matrix/client/v3/register"] = (403, """{"errcode":"M_FORBIDDEN"}""", "*");
        world.Answers[$"{Gateway}/_matrix/federation/v1/version"] = (200, """{"server":{"name":"Synapse"}}""", "");
        world.Answers[$"{Gateway}/_matrix/key/v2/server"] = (200, $$"""{"server_name":"{{Server}}"}""", "");
        return world;
    }

    private static Host Declared(bool federates = true, params Contribution[] more)
    {
        var host = new Host("one")
        {
            Contributions =
            {
                new VirtualHost(Server), new VirtualHost(Gateway), new MatrixClientOutside(Server, $"https://{Gateway}"), new MatrixFederationOutside(Server, federates),
            },
        };
        foreach (var contribution in more)
            host.Contributions.Add(contribution);
        return host;
    }

    private Task<CommandRun> RunAsync(OutsideWorld world, Host host, params string[] args) => CommandRun.OfAsync(
        Samples.Fleet(host), ["doctor", "--resolve", $"*=127.0.0.1:{world.Port}", "--ca", scratch.Write("ca.pem", world.Authority), "--timeout", "60", .. args]);

    private async Task WrongAsync(OutsideWorld world, Host host, string said)
    {
        var run = await RunAsync(world, host);
        Assert.True(run.Exit == DoctorVerb.Unwell, run.ToString());
        var lines = run.Out.Split('\n');
        Assert.Contains(lines, line => line.StartsWith("  ✗ ", StringComparison.Ordinal) && line.Contains(said, StringComparison.Ordinal));
        // Every finding says what to do, and nothing else is blamed.
        Assert.Equal(lines.Count(line => line.StartsWith("  ✗ ", StringComparison.Ordinal)), lines.Count(line => line.StartsWith("    hint: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_healthy_host_is_well_and_each_look_is_told()
    {
        using var world = World();
        var run = await RunAsync(world, Declared());
        Assert.True(run.Exit == 0, run.ToString());
        Assert.StartsWith("one: well\n", run.Out[run.Out.IndexOf("one: ", StringComparison.Ordinal)..], StringComparison.Ordinal);
        foreach (var look in new[] { $"certificate of {Gateway}", $"clock at {Server}", "well-known of clients", "well-known of servers", "clients in a browser", "registration without", "administration", "federation, its version", "federation, its keys" })
            Assert.Contains($"✓ {look}", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_json_it_is_one_document()
    {
        using var world = World();
        world.Answers[$"{Gateway}/_matrix/client/versions"] = (502, "", "");
        var run = await RunAsync(world, Declared(), "--json");
        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        using var document = JsonDocument.Parse(run.Out);
        var host = document.RootElement.GetProperty("hosts")[0];
        Assert.False(host.GetProperty("well").GetBoolean());
        var wrong = Assert.Single(host.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("verdict").GetString() == "wrong");
        Assert.Equal("versions of the client API", wrong.GetProperty("what").GetString());
    }

    [Fact]
    public async Task A_homeserver_that_is_away_is_not_taken_for_a_closed_one()
    {
        using var world = World();
        foreach (var path in new[] { "/_matrix/client/versions", "/_matrix/client/v3/login", "/_matrix/client/v3/register", "/_synapse/admin/v1/server_version", "/_matrix/federation/v1/version" })
            world.Answers[$"{Gateway}{path}"] = (502, "", "");

        var run = await RunAsync(world, Declared(federates: false));

        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        Assert.Contains("✗ versions of the client API", run.Out, StringComparison.Ordinal);
        foreach (var look in new[] { "clients in a browser", "registration without an invite", "administration from outside", $"federation is off at {Gateway}:443" })
            Assert.Contains($"? {look}", run.Out, StringComparison.Ordinal);
    }

    public static TheoryData<string, int, string, string, string> Broken => new()
    {
        { $"{Server}/.well-known/matrix/client", 404, "", "*", "it answers with 404" },
        { $"{Server}/.well-known/matrix/client", 200, "<html>", "*", "not valid JSON" },
        { $"{Server}/.well-known/matrix/client", 200, """{"m.homeserver":{"base_url":"https://matrix.example.com"}}""", "*", "leads clients to https://matrix.example.com" },
        { $"{Server}/.well-known/matrix/client", 200, """{"m.homeserver":{}}""", "*", "names no homeserver" },
        { $"{Server}/.well-known/matrix/client", 200, """{"m.homeserver":{"base_url":"https://matrix.example.org"}}""", "", "Access-Control-Allow-Origin is missing" },
        { $"{Server}/.well-known/matrix/server", 200, """{"m.server":7}""", "", "it has no m.server" },
        { $"{Gateway}/_matrix/client/versions", 200, "{}", "*", "it names no versions" },
        { $"{Gateway}/_matrix/client/v3/login", 403, "", "*", "it answers with 403 when a browser asks" },
        { $"{Gateway}/_matrix/client/v3/login", 200, "", "", "browsers let no page of another site ask" },
        { $"{Gateway}/_matrix/client/v3/register", 200, "{}", "*", "an account was as good as made" },
        { $"{Gateway}/_matrix/client/v3/register", 401, """{"flows":[{"stages":["m.login.dummy"]}]}""", "*", "asks for no token" },
        { $"{Gateway}/_synapse/admin/v1/server_version", 200, "{}", "", "administration from outside" },
        { $"{Gateway}/_synapse/admin/v1/server_version", 401, "{}", "", "administration from outside" },
        { $"{Gateway}/_matrix/federation/v1/version", 404, "", "", "federation, its version" },
        { $"{Gateway}/_matrix/key/v2/server", 200, """{"server_name":"other.org"}""", "", "the keys are of \"other.org\"" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task What_is_wrong_is_seen(string path, int status, string body, string origin, string said)
    {
        using var world = World();
        world.Answers[path] = (status, body, origin);
        await WrongAsync(world, Declared(), said);
    }

    [Fact]
    public async Task Registration_that_asks_for_a_token_counts_as_closed()
    {
        using var world = World();
        world.Answers[$"{Gateway}/_matrix/client/v3/register"] = (401, """{"flows":[{"stages":["m.login.registration_token"]}]}""", "*");
        Assert.Equal(0, (await RunAsync(world, Declared())).Exit);
    }

    [Fact]
    public async Task Where_federation_is_off_an_answer_to_other_servers_is_wrong_and_silence_is_right()
    {
        using var world = World();
        await WrongAsync(world, Declared(federates: false), "federation is off at matrix.example.org:443");
        world.Answers[$"{Gateway}/_matrix/federation/v1/version"] = (403, "{}", "");
        var run = await RunAsync(world, Declared(federates: false));
        Assert.True(run.Exit == 0, run.ToString());
    }

    [Fact]
    public async Task A_certificate_of_another_name_an_ended_and_an_untrusted_one_are_wrong_and_an_old_one_doubtful()
    {
        using (var other = new OutsideWorld(["other.example"]))
            await WrongAsync(other, new Host("one") { Contributions = { new VirtualHost(Server) } }, "it is for other.example");
        var now = DateTimeOffset.UtcNow;
        using (var ended = World(now.AddDays(-90), now.AddDays(-1)))
            await WrongAsync(ended, Declared(), "it ended on");
        using (var old = World(now.AddDays(-80), now.AddDays(10)))
        {
            var run = await RunAsync(old, Declared());
            Assert.Equal(0, run.Exit);
            Assert.Contains("! certificate of example.org", run.Out, StringComparison.Ordinal);
        }
        using var untrusted = World();
        using var stranger = World();
        var refused = await CommandRun.OfAsync(
            Samples.Fleet(Declared()), ["doctor", "--resolve", $"*=127.0.0.1:{untrusted.Port}", "--ca", scratch.Write("other.pem", stranger.Authority)]);
        Assert.Equal(DoctorVerb.Unwell, refused.Exit);
        Assert.Contains("✗ certificate of example.org", refused.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_that_a_gateway_forgets_keep_web_clients_out()
    {
        using var world = World();
        world.AllowHeaders = "Content-Type";
        await WrongAsync(world, Declared(), "browsers let no page send its token");
    }

    [Fact]
    public async Task Calls_that_clients_are_not_told_of_are_seen()
    {
        const string calls = $"https://{Gateway}/livekit/jwt";
        using var world = World();
        var host = new Host("one")
        {
            Contributions = { new VirtualHost(Server), new VirtualHost(Gateway), new MatrixClientOutside(Server, $"https://{Gateway}") { CallsUrl = calls } },
        };
        await WrongAsync(world, host, $"it does not tell clients of calls at {calls}");
        foreach (var (foci, well) in new[] { ($$"""[{"type":"livekit","livekit_service_url":"{{calls}}/"}]""", true), ("""[{"type":"livekit","livekit_service_url":"https://elsewhere.example"},7]""", false), ("{}", false) })
        {
            world.Answers[$"{Server}/.well-known/matrix/client"] = (200, $$$"""{"m.homeserver":{"base_url":"https://{{{Gateway}}}"},"org.matrix.msc4143.rtc_foci":{{{foci}}}}""", "*");
            Assert.Equal(well ? 0 : DoctorVerb.Unwell, (await RunAsync(world, host)).Exit);
        }
    }

    [Fact]
    public async Task Each_address_of_a_name_is_looked_at()
    {
        using var world = World();
        Task<CommandRun> Looked(string other) => CommandRun.OfAsync(Samples.Fleet(new Host("one") { Contributions = { new VirtualHost(Server) } }),
            ["doctor", "--resolve", $"{Server}=127.0.0.1:{world.Port}", "--resolve", $"{Server}={other}:{world.Port}", "--ca", scratch.Write("ca.pem", world.Authority)]);

        var stale = await Looked("127.0.0.2");
        Assert.True(stale.Exit == DoctorVerb.Unwell, stale.ToString());
        Assert.Contains($"✓ certificate of {Server} at 127.0.0.1", stale.Out, StringComparison.Ordinal);
        Assert.Contains($"✗ certificate of {Server} at 127.0.0.2: nobody answers", stale.Out, StringComparison.Ordinal);
        Assert.Contains("Or the record of 127.0.0.2 is of another machine: take it away.", stale.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ clock at {Server}", stale.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_is_off_is_wrong()
    {
        using var world = World();
        world.ClockOff = TimeSpan.FromMinutes(-5);
        await WrongAsync(world, Declared(), "s behind this computer's");
    }

    [Fact]
    public async Task A_name_without_an_address_and_a_site_that_is_away_are_told_once()
    {
        var nowhere = new Host("one") { Contributions = { new VirtualHost("nowhere.invalid") } };
        var run = await CommandRun.OfAsync(Samples.Fleet(nowhere), ["doctor"]);
        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        Assert.Contains("✗ name nowhere.invalid: DNS has no address", run.Out, StringComparison.Ordinal);

        int free;
        using (var world = World())
            free = world.Port;
        var away = await CommandRun.OfAsync(Samples.Fleet(Declared()), ["doctor", "--resolve", $"*=127.0.0.1:{free}"]);
        Assert.Equal(2, away.Out.Split('\n').Count(line => line.StartsWith("  ✗", StringComparison.Ordinal) && line.Contains("nobody answers", StringComparison.Ordinal)));
        Assert.Contains("? versions of the client API", away.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ways_of_calls_are_seen_open_closed_and_silent()
    {
        using var world = World();
        using var tcp = new TcpListener(IPAddress.Loopback, 0);
        tcp.Start();
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var open = new CallsOutside(Gateway, ((IPEndPoint)tcp.LocalEndpoint).Port, ((IPEndPoint)silent.Client.LocalEndPoint!).Port);
        var run = await RunAsync(world, Declared(true, open));
        Assert.Equal(0, run.Exit);
        Assert.Contains("✓ calls by TCP", run.Out, StringComparison.Ordinal);
        Assert.Contains("! calls by UDP", run.Out, StringComparison.Ordinal);

        tcp.Stop();
        silent.Dispose();
        var closed = await RunAsync(world, Declared(true, open));
        Assert.Equal(DoctorVerb.Unwell, closed.Exit);
        Assert.Contains("✗ calls by TCP", closed.Out, StringComparison.Ordinal);
        Assert.Contains("✓ calls by UDP", closed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_a_module_names_answers_as_it_says()
    {
        using var world = World();
        world.Answers[$"{Gateway}/healthz"] = (503, "", "");
        await WrongAsync(world, Declared(true, new UrlOutside("Call tokens answer", $"https://{Gateway}/healthz")), "Call tokens answer");
    }

    [Fact]
    public async Task A_host_that_ssh_cannot_reach_is_told_beside_what_is_seen_from_outside()
    {
        using var world = World();
        var host = new Host("one") { Address = "root@127.0.0.1", SshPort = 9, Contributions = { new VirtualHost(Server) } };
        var run = await RunAsync(world, host);
        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        Assert.Contains("✗ the machine by ssh", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ certificate of {Server}", run.Out, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync(world, host, "--outside")).Exit);
    }

    [Fact]
    public void A_machines_clock_and_disks_are_read()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        var well = MachineDoctor.Read("1700000002\n/dev/sda1 100000000 1 50000000 1% /\n/dev/sda1 100000000 1 50000000 1% /\n", now);
        Assert.Equal([Verdict.Well, Verdict.Well], well.Select(finding => finding.Verdict));
        var unwell = MachineDoctor.Read("1700000090\n/dev/sda1 100000000 1 200000 99% /\n/dev/sdb1 100000000 1 3000000 97% /nix\n", now);
        Assert.Equal([Verdict.Wrong, Verdict.Wrong, Verdict.Doubtful], unwell.Select(finding => finding.Verdict));
        Assert.Contains("90 s ahead", unwell[0].Seen, StringComparison.Ordinal);
        Assert.Equal(Verdict.Wrong, Assert.Single(MachineDoctor.Read("", now)).Verdict);
    }

    [Theory]
    [InlineData("--resolve", "example.org", "is not of the form NAME=ADDRESS")]
    [InlineData("--resolve", "*=elsewhere.org", "is not of the form NAME=ADDRESS")]
    [InlineData("--ca", "/nowhere.pem", "--ca /nowhere.pem cannot be read")]
    [InlineData("--timeout", "0", "is not a number of seconds")]
    public async Task Wrong_arguments_are_told(string option, string value, string said)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one")), ["doctor", option, value]);
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }
}
