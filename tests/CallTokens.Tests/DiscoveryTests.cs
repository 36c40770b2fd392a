using System.Net;
using CallTokens.Discover;
using SrvRecords;
using CallTokens.Tests.Harness;
using Microsoft.AspNetCore.Http;

namespace CallTokens.Tests;

/// <summary>
/// Homeservers are found as the specification says, over real TLS on loopback: each test has an address of its own, whose ports 443 and
/// 8448 are those of the specification.
/// </summary>
public sealed class DiscoveryTests : IDisposable
{
    private readonly Authority authority = new();
    private readonly IPAddress address = new([127, (byte)Random.Shared.Next(1, 255), (byte)Random.Shared.Next(1, 255), (byte)Random.Shared.Next(1, 255)]);
    private readonly Dictionary<string, SrvRecord> records = [];

    [NeedsFact("root")]
    public async Task A_name_alone_is_asked_at_8448()
    {
        await using var server = await ServerAsync(8448, "a.test");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
        Assert.Equal(["a.test /_matrix/federation/v1/openid/userinfo?access_token=t"], server.Asked);
        Assert.Equal(["a.test"], server.Indications);
    }

    [NeedsFact("root")]
    public async Task A_name_with_a_port_is_asked_there_and_nothing_is_looked_up()
    {
        await using var web = await WebAsync("a.test", """{"m.server":"elsewhere.test"}""");
        await using var server = await ServerAsync(0, "a.test", of: "a.test:PORT");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, $"a.test:{server.Port}"));
        Assert.Equal([$"a.test:{server.Port} /_matrix/federation/v1/openid/userinfo?access_token=t"], server.Asked);
        Assert.Empty(web.Asked);
    }

    [NeedsFact("root")]
    public async Task An_address_is_asked_with_a_certificate_for_it()
    {
        await using var server = await ServerAsync(8448, $"{address}");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, $"{address}"));
        Assert.StartsWith($"{address} /", Assert.Single(server.Asked), StringComparison.Ordinal);
        Assert.Equal(["none"], server.Indications.Select(name => name.Length == 0 ? "none" : name));
    }

    [NeedsFact("root")]
    public async Task An_IPv6_address_in_brackets_is_asked_with_a_certificate_for_it()
    {
        await using var server = await FakeWeb.StartAsync(IPAddress.IPv6Loopback, 0, authority.Issue("::1"), http =>
            FakeWeb.JsonAsync(http, $$"""{"sub":"@u:[::1]:{{http.Connection.LocalPort}}"}"""));
        await using var service = await StartAsync(more: IPNetwork.Parse("::1/128"));

        Assert.Equal(200, await AskAsync(service, $"[::1]:{server.Port}"));
        Assert.StartsWith($"[::1]:{server.Port} /", Assert.Single(server.Asked), StringComparison.Ordinal);
    }

    [NeedsFact("root")]
    public async Task A_delegated_name_with_a_port_is_asked_there()
    {
        await using var server = await ServerAsync(0, "b.test", of: "a.test");
        await using var web = await WebAsync("a.test", $$"""{"m.server":"b.test:{{server.Port}}"}""");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
        Assert.Equal([$"b.test:{server.Port} /_matrix/federation/v1/openid/userinfo?access_token=t"], server.Asked);
        Assert.Equal(["b.test"], server.Indications);
    }

    [NeedsFact("root")]
    public async Task A_delegated_address_is_asked_with_a_certificate_for_it()
    {
        await using var server = await ServerAsync(8448, $"{address}", of: "a.test");
        await using var web = await WebAsync("a.test", $$"""{"m.server":"{{address}}"}""");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
    }

    [NeedsTheory("root")]
    [InlineData("_matrix-fed._tcp")]
    [InlineData("_matrix._tcp")]
    public async Task A_record_leads_to_another_host_which_has_the_certificate_of_the_name(string kind)
    {
        await using var server = await ServerAsync(0, "b.test", of: "a.test");
        await using var web = await WebAsync("a.test", """{"m.server":"b.test"}""");
        records[$"{kind}.b.test"] = new SrvRecord(10, 0, server.Port, "machine.test");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
        Assert.Equal(["b.test /_matrix/federation/v1/openid/userinfo?access_token=t"], server.Asked);
        Assert.Equal(["b.test"], server.Indications);
    }

    [NeedsFact("root")]
    public async Task The_newer_record_goes_before_the_older_and_both_before_8448()
    {
        await using var server = await ServerAsync(0, "a.test");
        records["_matrix-fed._tcp.a.test"] = new SrvRecord(10, 0, server.Port, "machine.test");
        records["_matrix._tcp.a.test"] = new SrvRecord(10, 0, 9, "machine.test");
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
    }

    [NeedsFact("root")]
    public async Task A_certificate_of_another_name_or_authority_is_refused()
    {
        await using var server = await ServerAsync(8448, "b.test", of: "a.test");
        await using var service = await StartAsync();
        Assert.Equal(401, await AskAsync(service, "a.test"));
        Assert.Empty(server.Asked);

        await using var strict = await StartAsync(trusting: false);
        Assert.Equal(401, await AskAsync(strict, "b.test"));
        Assert.Empty(server.Asked);
    }

    [NeedsFact("root")]
    public async Task The_well_known_may_lead_on_a_few_times_and_is_remembered()
    {
        await using var server = await ServerAsync(8448, "b.test", of: "a.test");
        await using var web = await FakeWeb.StartAsync(address, 443, authority.Issue("a.test"), http =>
        {
            if (http.Request.Path != "/3")
                http.Response.Redirect(http.Request.Path == "/2" ? "https://a.test/3" : http.Request.Path == "/1" ? "/2" : "/1");
            return http.Request.Path == "/3" ? FakeWeb.JsonAsync(http, """{"m.server":"b.test"}""") : Task.CompletedTask;
        });
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
        Assert.Equal(200, await AskAsync(service, "a.test", token: "u"));
        Assert.Equal(4, web.Asked.Count);
        Assert.Equal(2, server.Asked.Count);
    }

    [NeedsTheory("root")]
    [InlineData("loop")]
    [InlineData("plain")]
    [InlineData("large")]
    [InlineData("nonsense")]
    [InlineData("wrong")]
    [InlineData("refused")]
    public async Task A_well_known_that_says_nothing_of_use_is_as_good_as_none(string kind)
    {
        await using var server = await ServerAsync(8448, "a.test");
        await using var web = await FakeWeb.StartAsync(address, 443, authority.Issue("a.test"), http =>
        {
            if (kind is "loop" or "plain")
                http.Response.Redirect(kind == "loop" ? "/.well-known/matrix/server" : "http://a.test/");
            return kind switch
            {
                "large" => FakeWeb.JsonAsync(http, $$"""{"m.server":"elsewhere.test","x":"{{new string('x', 200_000)}}"}"""),
                "nonsense" => FakeWeb.JsonAsync(http, "<html>"),
                "wrong" => FakeWeb.JsonAsync(http, """{"m.server":"https://elsewhere.test/"}"""),
                "refused" => FakeWeb.JsonAsync(http, """{"m.server":"elsewhere.test"}""", 404),
                _ => Task.CompletedTask,
            };
        });
        await using var service = await StartAsync();

        Assert.Equal(200, await AskAsync(service, "a.test"));
    }

    [NeedsTheory("root")]
    [InlineData("inner.test")]
    [InlineData("127.0.0.1:PORT")]
    [InlineData("[::1]:PORT")]
    [InlineData("[::ffff:127.0.0.1]:PORT")]
    [InlineData("delegating.test")]
    [InlineData("inner.test:PORT")]
    [InlineData("redirecting.test")]
    public async Task Nothing_inside_is_connected_to_whatever_leads_there(string name)
    {
        await using var inner = await FakeWeb.StartAsync(IPAddress.Loopback, 0, authority.Issue("inner.test"), _ => Task.CompletedTask);
        await using var web = await FakeWeb.StartAsync(address, 443, authority.Issue(name == "redirecting.test" ? name : "delegating.test"), http =>
        {
            if (http.Request.Host.Host == "redirecting.test")
                http.Response.Redirect($"https://inner.test:{inner.Port}/.well-known/matrix/server");
            return http.Request.Host.Host == "redirecting.test" ? Task.CompletedTask : FakeWeb.JsonAsync(http, $$"""{"m.server":"127.0.0.1:{{inner.Port}}"}""");
        });
        foreach (var host in (string[])["inner.test", "delegating.test"])
            records[$"_matrix-fed._tcp.{host}"] = new SrvRecord(10, 0, inner.Port, "inner.test");
        await using var service = await StartAsync();

        Assert.Equal(401, await AskAsync(service, name.Replace("PORT", $"{inner.Port}", StringComparison.Ordinal)));
        Assert.Equal(0, inner.Connections);
    }

    [NeedsFact("root")]
    public async Task A_name_that_changes_its_address_between_two_looks_is_not_trusted_on_the_second()
    {
        await using var inner = await FakeWeb.StartAsync(IPAddress.Loopback, 0, authority.Issue("a.test"), _ => Task.CompletedTask);
        var looks = 0;
        await using var service = await StartAsync(resolve: _ => ++looks == 1 ? address : IPAddress.Loopback);

        Assert.Equal(401, await AskAsync(service, $"a.test:{inner.Port}"));
        Assert.Equal(401, await AskAsync(service, $"a.test:{inner.Port}"));
        Assert.Equal((0, 2), (inner.Connections, looks));
    }

    [NeedsFact("root")]
    public async Task A_server_that_never_ends_its_answer_is_given_up()
    {
        await using var server = await FakeWeb.StartAsync(address, 8448, authority.Issue("a.test"), async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.WriteAsync(new string(' ', 10_000));
        });
        await using var service = await StartAsync();

        Assert.Equal(401, await AskAsync(service, "a.test"));
    }

    [Theory]
    [InlineData("a.test", "a.test", null)]
    [InlineData("a.test:8448", "a.test", 8448)]
    [InlineData("1.2.3.4:5", "1.2.3.4", 5)]
    [InlineData("[::1]", "[::1]", null)]
    [InlineData("[::1]:65535", "[::1]", 65535)]
    public void Names_of_servers_are_read(string text, string host, int? port) => Assert.Equal(new ServerName(host, port), ServerName.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("a.test:")]
    [InlineData("a.test:0")]
    [InlineData("a.test:65536")]
    [InlineData("a.test:+5")]
    [InlineData("a.test/path")]
    [InlineData("a@b.test")]
    [InlineData("a..test")]
    [InlineData("http://a.test")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("0177.0.0.1")]
    [InlineData("1.2.3.4.5")]
    [InlineData("[::1")]
    [InlineData("[fe80::1%eth0]")]
    [InlineData("::1")]
    [InlineData("a_b.test")]
    [InlineData("münchen.test")]
    public void What_is_no_name_of_a_server_is_none(string text) => Assert.Null(ServerName.Parse(text));

    public void Dispose() => authority.Dispose();

    private Task<FakeWeb> ServerAsync(int port, string certificate, string? of = null) =>
        FakeWeb.StartAsync(address, port, authority.Issue(certificate), http =>
            FakeWeb.JsonAsync(http, $$"""{"sub":"@u:{{(of ?? certificate).Replace("PORT", $"{http.Connection.LocalPort}", StringComparison.Ordinal)}}"}"""));

    private Task<FakeWeb> WebAsync(string certificate, string json) =>
        FakeWeb.StartAsync(address, 443, authority.Issue(certificate), http => FakeWeb.JsonAsync(http, json));

    private Task<CallService> StartAsync(bool trusting = true, Func<string, IPAddress>? resolve = null, IPNetwork? more = null) => CallService.StartAsync(
        settings => settings with { AllowedNetworks = [new IPNetwork(address, 32), .. more is { } network ? [network] : (IPNetwork[])[]] },
        options =>
        {
            options.Resolve = (name, _) => Task.FromResult<IPAddress[]>([resolve?.Invoke(name) ?? (name == "inner.test" ? IPAddress.Loopback : address)]);
            options.FindSrv = (name, _) => Task.FromResult<IReadOnlyList<SrvRecord>>(records.TryGetValue(name, out var record) ? [record] : []);
            options.Handler = trusting ? authority.Trust : null;
        });

    private static async Task<int> AskAsync(CallService service, string server, string token = "t")
    {
        var request = CallService.Legacy(token, server);
        return (await service.PostAsync("/sfu/get", request.ToJsonString())).Status;
    }
}

/// <summary>A theory with the needs of a <see cref="NeedsFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsTheoryAttribute : TheoryAttribute
{
    public NeedsTheoryAttribute(params string[] tools) => Skip = new NeedsFactAttribute(tools).Skip;
}
