using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// A Matrix homeserver: Synapse, with its database in SQLite. Accounts are made with a token only, which the registration
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

    /// <summary>The largest request in bytes, uploaded files among them: 1,000,000 to 2,000,000,000.</summary>
    public long MaxRequestSize { get; init => Assign(ref field, value); } = 20_000_000;

    /// <summary>
    /// Whether it talks to other homeservers. Off, it neither answers nor calls them, and rooms stay among the users of this server.
    /// </summary>
    public bool Federation { get; init => Assign(ref field, value); }

    /// <summary>
    /// Servers whose word on other servers' keys is taken (Synapse's <c>trusted_key_servers</c>); they learn whom this one talks
    /// to. None: keys are asked of each server itself. Not a list of whom to federate with.
    /// </summary>
    public EquatableArray<string> TrustedServers { get; init => Assign(ref field, value); } = [];

    /// <summary>The port on loopback that it listens on, for the gateway and other services of the host.</summary>
    public Port Port { get; init => Assign(ref field, value); } = 8008;

    /// <summary>The token that an account is made with.</summary>
    public Secret RegistrationToken { get; init => Assign(ref field, value); } = Secret.Generated("matrix/registration_token");

    /// <summary>The local part of the administrator's account, which makes the token known to Synapse.</summary>
    public string AdminUser { get; init => Assign(ref field, value); } = "hale";

    /// <summary>Its URL on the host itself.</summary>
    internal string LocalUrl => $"http://127.0.0.1:{Port}";

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host) =>
    [
        // A name that is none is a problem of its setting, said once and there.
        .. MatrixSites.Of(this, host).Where(site => DnsName.IsValid(site.Name)),
        new ListenPort(Port, SynapseUnit.Name),
        new HttpCheck("Synapse answers", SynapseUnit.Name, $"{LocalUrl}/health") { Contains = "OK", Limit = TimeSpan.FromSeconds(120) },
        new UnitCheck("Synapse knows the registration token", ProvisionUnit.Name),
        new Reachable("Matrix", $"https://{GatewayOn(host)}")
        {
            Hint = $"The homeserver for any Matrix client; user ids end in :{ServerNameOn(host)}.",
        },
    ];

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        foreach (var problem in Names.Check(ServerNameOn(host), "server name", nameof(ServerName)))
            yield return problem;
        if (GatewayHost.Length > 0)
            foreach (var problem in Names.Check(GatewayHost, "host name", nameof(GatewayHost)))
                yield return problem;
        foreach (var server in TrustedServers)
            foreach (var problem in Names.Check(server, "server name", nameof(TrustedServers)))
                yield return problem;
        if (MaxRequestSize is < 1_000_000 or > 2_000_000_000)
            yield return new Problem(
                $"MaxRequestSize is {MaxRequestSize} bytes.",
                "Write 1_000_000 to 2_000_000_000: clients need a megabyte, and everything is stored on this machine.")
            { Setting = nameof(MaxRequestSize) };
        if (AdminUser.Length is 0 or > 100 || !AdminUser.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || "._=-/".Contains(c)))
            yield return new Problem(
                $"\"{AdminUser}\" is not the local part of a user id.",
                "Use lower-case letters, digits and the characters . _ = - /")
            { Setting = nameof(AdminUser) };
        if (RegistrationToken.Shape is { Kind: SecretKind.Text, Length: > 64 } shape)
            yield return new Problem(
                $"The registration token would have {shape.Length} characters; Synapse takes 64 at most.",
                "Generate it with the length 64.")
            { Setting = nameof(RegistrationToken) };
        if (host.Find<Caddy>() is null)
            yield return new Problem(
                $"Nobody can reach Matrix on {host.Host.Name}: the host has no gateway.",
                $"Add new Caddy {{ Email = \"admin@{host.Fleet.Domain}\" }} to its Modules.");
    }

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host) => [SynapseUnit.Of(this, host), SynapseUnit.StateOf(this, host), ProvisionUnit.Of(this)];

    internal string ServerNameOn(HostView host) => ServerName.Length > 0 ? ServerName : host.Fleet.Domain;

    internal string GatewayOn(HostView host) => GatewayHost.Length > 0 ? GatewayHost : ServerNameOn(host);
}
