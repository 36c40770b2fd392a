using Hale.Contribute;
using Hale.Declare;

namespace Hale.Operator.Tests.Doctor;

/// <summary>The doctor finds a homeserver as others do: well-known, SRV records of today and of before, port 8448, in that order.</summary>
public sealed class MatrixDelegationTests : IDisposable
{
    private const string Server = "example.org", Elsewhere = "fed.example.org";

    private readonly Scratch scratch = new();
    private readonly NameServer names = new();
    private readonly OutsideWorld world = new([Server]);

    public MatrixDelegationTests()
    {
        world.Answers[$"{Server}/_matrix/federation/v1/version"] = (200, """{"server":{"name":"Synapse"}}""", "");
        world.Answers[$"{Server}/_matrix/key/v2/server"] = (200, $$"""{"server_name":"{{Server}}"}""", "");
    }

    public void Dispose()
    {
        world.Dispose();
        names.Dispose();
        scratch.Dispose();
    }

    [Fact]
    public async Task Without_a_well_known_the_SRV_record_of_today_leads_and_the_certificate_is_of_the_servers_name()
    {
        names.Records[$"_matrix-fed._tcp.{Server}"] = [(20, 0, 9, "later.example.org"), (10, 0, world.Port, Elsewhere)];
        names.Records[$"_matrix._tcp.{Server}"] = [(10, 0, 9, "old.example.org")];
        var run = await RunAsync();
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Contains("! well-known of servers", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ SRV records of {Server}: _matrix-fed._tcp.{Server} leads to {Elsewhere}:{world.Port}", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ certificate of {Server}, port {world.Port}", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ federation, its keys: https://{Server}:{world.Port}/", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_deprecated_record_leads_too_and_is_doubtful()
    {
        names.Records[$"_matrix._tcp.{Server}"] = [(10, 0, world.Port, Elsewhere)];
        var run = await RunAsync();
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Contains($"! SRV records of {Server}: _matrix._tcp.{Server} leads to {Elsewhere}", run.Out, StringComparison.Ordinal);
        Assert.Contains($"add _matrix-fed._tcp.{Server}", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delegation_with_a_port_asks_for_no_record_and_one_without_asks_for_those_of_the_name_that_it_leads_to()
    {
        WellKnown($"{Server}:{world.Port}");
        names.Records[$"_matrix-fed._tcp.{Server}"] = [(10, 0, 9, "stale.example.org")];
        Assert.Equal(0, (await RunAsync()).Exit);
        Assert.Empty(names.Asked);

        WellKnown("delegate.example.org");
        names.Records["_matrix-fed._tcp.delegate.example.org"] = [(10, 0, world.Port, Elsewhere)];
        var run = await RunAsync();
        Assert.Contains($"✓ SRV records of delegate.example.org: _matrix-fed._tcp.delegate.example.org leads to {Elsewhere}:{world.Port}", run.Out, StringComparison.Ordinal);
        // The certificate must be of the name that was delegated to.
        Assert.Contains($"✗ certificate of delegate.example.org, port {world.Port}: it is for {Server}", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain($"_matrix-fed._tcp.{Server}", names.Asked);
    }

    [Fact]
    public async Task Without_any_servers_come_to_8448_and_the_doctor_too()
    {
        var run = await RunAsync();
        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        Assert.Contains("so servers look for SRV records and try example.org:8448", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ SRV records of {Server}: none, so servers come to {Server}:8448", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✗ certificate of {Server}, port 8448: nobody answers", run.Out, StringComparison.Ordinal);
        Assert.Equal([$"_matrix-fed._tcp.{Server}", $"_matrix._tcp.{Server}"], names.Asked.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", 443, "they say that there is no such service")]
    [InlineData("nowhere.invalid", 443, "leads to nowhere.invalid:443, which has no address")]
    [InlineData("fed.example.org", 0, "they say that there is no such service, or name no port")]
    public async Task A_record_that_leads_nowhere_is_wrong(string target, int port, string said)
    {
        names.Records[$"_matrix-fed._tcp.{Server}"] = [(10, 0, port, target)];
        var run = await RunAsync();
        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        Assert.Contains($"✗ SRV records of {Server}", run.Out, StringComparison.Ordinal);
        Assert.Contains(said, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_federation_is_off_the_place_of_the_records_must_be_closed_too()
    {
        names.Records[$"_matrix-fed._tcp.{Server}"] = [(10, 0, world.Port, Elsewhere)];
        var run = await RunAsync(federates: false);
        Assert.Equal(DoctorVerb.Unwell, run.Exit);
        Assert.Contains($"✗ federation is off at {Server}:{world.Port}", run.Out, StringComparison.Ordinal);
        Assert.Contains($"✓ federation is off at {Server}:8448", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_every_name_is_told_nothing_is_asked_of_DNS_and_a_wrong_address_is_told()
    {
        var told = await CommandRun.OfAsync(
            Samples.Fleet(Declared(true)), ["doctor", "--resolve", $"*=127.0.0.1:{world.Port}", "--ca", scratch.Write("ca.pem", world.Authority), "--dns", names.At]);
        Assert.Contains($"SRV records of {Server}: none", told.Out, StringComparison.Ordinal);
        Assert.Empty(names.Asked);

        var wrong = await CommandRun.OfAsync(Samples.Fleet(Declared(true)), ["doctor", "--dns", "dns.example.org"]);
        Assert.Equal(HaleCommand.Usage, wrong.Exit);
        Assert.Contains("\"dns.example.org\" is not an address", wrong.Error, StringComparison.Ordinal);
    }

    private void WellKnown(string server) => world.Answers[$"{Server}/.well-known/matrix/server"] = (200, $$"""{"m.server":"{{server}}"}""", "");

    private static Host Declared(bool federates) => new("one") { Contributions = { new MatrixFederationOutside(Server, federates) } };

    private Task<CommandRun> RunAsync(bool federates = true) => CommandRun.OfAsync(
        Samples.Fleet(Declared(federates)),
        [
            "doctor", "--dns", names.At, "--ca", scratch.Write("ca.pem", world.Authority), "--timeout", "60",
            .. new[] { Server, Elsewhere, "delegate.example.org" }.SelectMany(name => (string[])["--resolve", $"{name}=127.0.0.1:{world.Port}"]),
        ]);
}
