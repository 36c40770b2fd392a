using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// The host's gateway: serves every <see cref="VirtualHost"/> that was contributed on this host, over HTTPS with certificates
/// that it gets and renews by itself. A changed site reloads it; nothing but a new Caddy restarts it.
/// </summary>
public sealed record Caddy : Module
{
    /// <summary>Where the certificate authority writes when a certificate has trouble (RFC 8555, section 7.3, <c>contact</c>).</summary>
    public string Email { get; init => Assign(ref field, value); } = "";

    /// <summary>The port of plain HTTP, which answers certificate challenges and sends everyone else to HTTPS.</summary>
    public Port HttpPort { get; init => Assign(ref field, value); } = 80;

    /// <summary>
    /// The port of HTTPS. Addresses that modules tell people and servers name no port: where it is not 443, something before the machine must
    /// lead 443 here.
    /// </summary>
    public Port HttpsPort { get; init => Assign(ref field, value); } = 443;

    /// <summary>Whether it also speaks HTTP/3, over UDP at <see cref="HttpsPort"/>. Off: reloads under load are not tried with it.</summary>
    public bool Http3 { get; init => Assign(ref field, value); }

    /// <summary>
    /// Whether certificates come from an authority of Caddy's own, whose root is made on the machine, instead of a public one.
    /// For machines that the Internet cannot reach.
    /// </summary>
    public bool LocalAuthority { get; init => Assign(ref field, value); }

    /// <summary>
    /// Whether each site also answers at its name with <c>.localhost</c> after it, which browsers look for on their own computer; what it then says of itself
    /// leads there too.
    /// </summary>
    public bool LocalNames { get; init => Assign(ref field, value); }

    /// <summary>
    /// Seconds that requests may still take when a reload or a stop ends what they began under, 1 to 600. A reload does not wait
    /// for it; a stop does.
    /// </summary>
    public int GraceSeconds { get; init => Assign(ref field, value); } = 10;

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host)
    {
        yield return new ListenPort(HttpPort, CaddyUnit.Name);
        yield return new ListenPort(HttpsPort, CaddyUnit.Name);
        yield return new FirewallPort(HttpPort);
        yield return new FirewallPort(HttpsPort);
        if (Http3)
        {
            yield return new ListenPort(HttpsPort, CaddyUnit.Name) { Protocol = Protocol.Udp };
            yield return new FirewallPort(HttpsPort) { Protocol = Protocol.Udp };
        }
        if (LocalAuthority)
            yield return new TrustRoot($"{CaddyUnit.StateFolder}/caddy/pki/authorities/local/root.crt");
        yield return new UnitCheck("Caddy runs", CaddyUnit.Name);
        yield return new TcpCheck("Caddy listens", CaddyUnit.Name, $"127.0.0.1:{HttpsPort}");
    }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (!LocalAuthority && !Names.IsEmail(Email))
            yield return new Problem(
                Email.Length == 0 ? "Caddy has no Email, which the certificate authority asks for." : $"\"{Email}\" is not an e-mail address.",
                $"Write Email = \"admin@{host.Fleet.Domain}\".")
            { Setting = nameof(Email) };
        if (HttpPort == HttpsPort)
            yield return new Problem($"Caddy cannot speak HTTP and HTTPS on one port, {HttpPort}.", "Give HttpPort another number.")
            { Setting = nameof(HttpPort) };
        if (GraceSeconds is < 1 or > 600)
            yield return new Problem($"GraceSeconds is {GraceSeconds}.", "Write a number of seconds from 1 to 600.")
            { Setting = nameof(GraceSeconds) };
        if (!LocalAuthority)
            foreach (var site in host.Gathered<VirtualHost>().Where(site => DnsName.IsValid(site.Value.Name) && IsInner(site.Value.Name)).DistinctBy(site => site.Value.Name))
                yield return new Problem(
                    $"No public authority gives a certificate for {site.Value.Name}, a site that {site.From} asks for: browsers and other servers would refuse it.",
                    $"Take a name in a domain that is yours, such as \"{site.Value.Name.Split('.')[0]}.{host.Fleet.Domain}\"; or write LocalAuthority = true, and give its root to everybody who comes.")
                { Where = site.Where };
        foreach (var problem in Sites.Check(host.Gathered<VirtualHost>(), HttpsPort))
            yield return problem;
        foreach (var site in host.Gathered<VirtualHost>())
            if (site.Value.Port is { } port && Taken(host, port) is { } by)
                yield return new Problem(
                    $"{site.From} asks for the site {site.Value.Name} at port {port}, which {by}.",
                    "Give the site another port.")
                { Where = site.Where };
    }

    // One word, or in a domain that is kept for inner networks (RFC 6761, 6762 and 8375; ICANN's resolution 2024.07.29.06).
    private static bool IsInner(string name) =>
        name.Split('.') is [_] or [.., "localhost" or "local" or "internal"] or [.., "home", "arpa"];

    /// <summary>What else is at a port that a site asks for; null where nothing is.</summary>
    private string? Taken(GatheredView host, Port port) =>
        port == HttpPort ? "speaks plain HTTP (HttpPort)"
        : host.All<ListenPort>().FirstOrDefault(one => one.Covers(port) && one.Protocol == Protocol.Tcp && one.Unit != CaddyUnit.Name) is { } other
            ? $"{other.Unit} listens on"
        : null;

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host)
    {
        var json = CaddyJson.Render(this, Sites.Join(host.All<VirtualHost>(), HttpsPort));
        var config = new EtcFile("/etc/caddy/caddy.json", new TextFile("caddy.json", json));
        return [config, CaddyUnit.Of(this, config), CaddyUnit.State, .. ReloadSetting.All(), .. ReloadHold.Of(this)];
    }

    /// <inheritdoc/>
    public override IEnumerable<Module> InLab() => [new Caddy { Name = Name, LocalAuthority = true, LocalNames = true }];
}
