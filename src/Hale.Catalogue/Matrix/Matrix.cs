using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// A Matrix homeserver: Synapse or tuwunel, with the same settings. Accounts are made with a token only, which the registration
/// service has; the gateway refuses the homeserver's own registration and its administration.
/// </summary>
public sealed record Matrix : Module
{
    /// <summary>
    /// The part after the colon in user ids, for good: changing it means a new server without the old users and rooms. Empty
    /// takes the fleet's domain. A DNS name in lower case, without a port (Matrix specification, appendices, "Server Name").
    /// </summary>
    public string ServerName { get; init => Assign(ref field, value); } = "";

    /// <summary>The name that clients talk to; empty takes <see cref="ServerName"/>, which otherwise only tells clients where to go.</summary>
    public string GatewayHost { get; init => Assign(ref field, value); } = "";

    /// <summary>The program that does it.</summary>
    public Homeserver Provider { get; init => Assign(ref field, value); } = Homeserver.Synapse;

    /// <summary>Where events and accounts are kept. A machine that has data in one of the two is not moved to the other by this line.</summary>
    public HomeserverDatabase Database { get; init => Assign(ref field, value); } = HomeserverDatabase.Embedded;

    /// <summary>The largest request in bytes, uploaded files among them: 1,000,000 to 2,000,000,000.</summary>
    public long MaxRequestSize { get; init => Assign(ref field, value); } = 20_000_000;

    /// <summary>
    /// The version of new rooms whose maker does not ask for one, 6 to 12 (Matrix specification, "Room Versions"). 10 is the same with
    /// both providers, has restricted joins and knocking, and lets the maker of a room stand in its power levels, as programs expect.
    /// </summary>
    public string RoomVersion { get; init => Assign(ref field, value); } = "10";

    /// <summary>
    /// Whether it talks to other homeservers. Off, it neither answers nor calls them, and rooms stay among the users of this server; the
    /// gateway refuses them as well.
    /// </summary>
    public bool Federation { get; init => Assign(ref field, value); }

    /// <summary>
    /// The public port that other servers come to. 443: where clients come to as well, which the server name tells them. Another, such as 8448: the
    /// gateway listens there too, for other servers alone.
    /// </summary>
    public Port FederationPort { get; init => Assign(ref field, value); } = 443;

    /// <summary>Whether <see cref="FederationPort"/>, where that is a port of its own, is meant for others: plans tell it as open. Hale sets no rules of a firewall.</summary>
    public bool OpenFirewall { get; init => Assign(ref field, value); }

    /// <summary>
    /// Servers whose word on other servers' keys is taken (<c>trusted_key_servers</c> of Synapse, <c>trusted_servers</c> of tuwunel); they
    /// learn whom this one talks to. None: keys are asked of each server itself. Not a list of whom to federate with.
    /// </summary>
    public EquatableArray<string> TrustedServers { get; init => Assign(ref field, value); } = [];

    /// <summary>
    /// The authorities that other servers have their certificates from, in place of the public ones, as PEM files with one certificate each:
    /// <c>new LocalPath("our-root.pem", "./our-root.pem")</c>. For servers among themselves, on a network of your own; Synapse only.
    /// </summary>
    public EquatableArray<Derivation> FederationAuthorities { get; init => Assign(ref field, value); } = [];

    /// <summary>
    /// Networks of private addresses, such as <c>10.1.0.0/16</c>, that other servers may live in. Without them a private address is never
    /// called, so that no server leads this one to what is beside it; Synapse only.
    /// </summary>
    public EquatableArray<string> FederationNetworks { get; init => Assign(ref field, value); } = [];

    /// <summary>The port on loopback that it listens on, for the gateway and other services of the host.</summary>
    public Port Port { get; init => Assign(ref field, value); } = 8008;

    /// <summary>The token that an account is made with.</summary>
    public Secret RegistrationToken { get; init => Assign(ref field, value); } = Secret.Generated("matrix/registration_token");

    /// <summary>The local part of the first administrator's account, which exists before anybody else's and makes the token known to Synapse.</summary>
    public string AdminUser { get; init => Assign(ref field, value); } = "hale";

    /// <summary>The Matrix id of who answers for this server, told to everybody at <c>/.well-known/matrix/support</c>; empty tells none.</summary>
    public string SupportUser { get; init => Assign(ref field, value); } = "";

    /// <summary>The e-mail address of who answers for this server, told in the same place; empty tells none.</summary>
    public string SupportEmail { get; init => Assign(ref field, value); } = "";

    /// <summary>A page with help for the users of this server, an https address told in the same place; empty tells none.</summary>
    public string SupportPage { get; init => Assign(ref field, value); } = "";

    /// <summary>
    /// The release of tuwunel that runs: a build for Linux, with the checksum that the release's page shows for it. Of the versions before 1.9 some keys
    /// that Hale writes are not known.
    /// </summary>
    public Download TuwunelRelease { get; init => Assign(ref field, value); } = TuwunelUnit.Release;

    /// <summary>Its URL on the host itself.</summary>
    internal string LocalUrl => $"http://127.0.0.1:{Port}";

    /// <summary>The unit that runs it.</summary>
    internal string UnitName => Provider == Homeserver.Tuwunel ? TuwunelUnit.Name : SynapseUnit.Name;

    /// <summary>Whether other servers come to a port of their own.</summary>
    internal bool HasFederationPort => Federation && FederationPort != 443;

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host)
    {
        // A name that is none is a problem of its setting, said once and there.
        foreach (var site in MatrixSites.Of(this, host).Where(site => DnsName.IsValid(site.Name)))
            yield return site;
        yield return new ListenPort(Port, UnitName);
        if (HasFederationPort)
        {
            yield return new ListenPort(FederationPort, CaddyUnit.Name);
            if (OpenFirewall)
                yield return new FirewallPort(FederationPort);
        }
        if (Database == HomeserverDatabase.PostgreSql)
            yield return new Database("synapse", SynapseUnit.User);
        yield return Provider == Homeserver.Tuwunel
            ? new HttpCheck("tuwunel answers", UnitName, $"{LocalUrl}/_tuwunel/server_version") { Limit = TimeSpan.FromSeconds(300) }
            : new HttpCheck("Synapse answers", UnitName, $"{LocalUrl}/health") { Contains = "OK", Limit = TimeSpan.FromSeconds(120) };
        yield return new UnitCheck($"{Provider} knows the registration token", ProvisionUnit.Name);
        yield return new MatrixClientOutside(ServerNameOn(host), $"https://{GatewayOn(host)}")
        {
            CallsUrl = host.Find<CallTokens>() is null ? "" : CallTokens.BaseUrl(this, host),
        };
        yield return new MatrixFederationOutside(ServerNameOn(host), Federation);
        yield return new Reachable("Matrix", $"https://{GatewayOn(host)}")
        {
            Hint = $"The homeserver for any Matrix client; user ids end in :{ServerNameOn(host)}.",
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host) => MatrixChecks.Of(this, host);

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host)
    {
        foreach (var artifact in Provider == Homeserver.Tuwunel ? TuwunelUnit.All(this, host) : SynapseUnit.All(this, host))
            yield return artifact;
        yield return MatrixState.Of(this, host);
        yield return ProvisionUnit.Of(this);
    }

    internal string ServerNameOn(HostView host) => ServerName.Length > 0 ? ServerName : host.Fleet.Domain;

    internal string GatewayOn(HostView host) => GatewayHost.Length > 0 ? GatewayHost : ServerNameOn(host);
}
