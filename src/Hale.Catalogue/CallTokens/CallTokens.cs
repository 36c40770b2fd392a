using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// Lets Matrix users into calls at <see cref="LiveKit"/>: asks their homeserver who they are, and gives a token for one call. Whoever may open
/// calls is a setting; everybody else may join one that is open.
/// </summary>
public sealed record CallTokens : Module
{
    /// <summary>
    /// Servers whose users may open calls, to the letter; none takes Matrix's own server name, and <c>*</c>, alone, is every server.
    /// </summary>
    public EquatableArray<string> FullAccess { get; init => Assign(ref field, value); } = [];

    /// <summary>
    /// Inner networks (<c>10.0.0.0/8</c>) that homeservers may be in. None unless said: strangers name servers, and the service must not be
    /// led inside. This host's own homeserver is asked directly and needs none.
    /// </summary>
    public EquatableArray<string> AllowedNetworks { get; init => Assign(ref field, value); } = [];

    /// <summary>The port on loopback that it listens on.</summary>
    public Port Port { get; init => Assign(ref field, value); } = 8010;

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host)
    {
        if (host.Find<Matrix>() is not { } matrix || matrix.GatewayOn(host) is var gateway && !DnsName.IsValid(gateway))
            yield break;
        yield return new VirtualHost(gateway)
        {
            Routes =
            [
                ToService with { Paths = ["/livekit/jwt", "/livekit/jwt/*"], StripPrefix = Prefix },
                // Clients that look at the host itself.
                ToService with { Paths = ["/sfu/get", "/sfu/get/*"] },
            ],
        };
        yield return new ListenPort(Port, CallTokensUnit.Name);
        yield return new HttpCheck("Call tokens answer", CallTokensUnit.Name, $"http://127.0.0.1:{Port}/healthz");
        yield return new UrlOutside("Call tokens answer", $"{BaseUrl(matrix, host)}/healthz");
    }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (FullAccess.Count > 1 && FullAccess.Contains("*"))
            yield return new Problem(
                "FullAccess holds \"*\" beside other names.", "Write [\"*\"] for every server, or the names alone.")
            { Setting = nameof(FullAccess) };
        foreach (var server in FullAccess.Where(server => server != "*"))
            foreach (var problem in CallTokensUnit.CheckServer(server))
                yield return problem with { Setting = nameof(FullAccess) };
        foreach (var network in AllowedNetworks)
            foreach (var problem in CallTokensUnit.CheckNetwork(network))
                yield return problem with { Setting = nameof(AllowedNetworks) };
        if (host.Find<Matrix>() is null)
            yield return new Problem(
                $"Call tokens are for users of Matrix, but {host.Host.Name} has no Matrix.",
                $"Add new Matrix {{ ServerName = \"{host.Fleet.Domain}\" }} to its Modules, or take CallTokens away.");
        else if (host.Find<Caddy>() is null)
            yield return new Problem(
                $"Nobody can reach the call tokens of {host.Host.Name}: the host has no gateway.",
                $"Add new Caddy {{ Email = \"admin@{host.Fleet.Domain}\" }} to its Modules.");
        if (host.Find<LiveKit>() is null)
            yield return new Problem(
                $"{host.Host.Name} gives tokens for calls, but has no server of calls.", "Add new LiveKit() to its Modules, or take CallTokens away.");
    }

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host) =>
        host.Find<Matrix>() is { } matrix && host.Find<LiveKit>() is { } liveKit
            ? [CallTokensUnit.Of(this, matrix, liveKit, host), CallTokensUnit.State]
            : [];

    /// <summary>What clients are told to ask; they append <c>/sfu/get</c> or <c>/get_token</c>.</summary>
    internal static string BaseUrl(Matrix matrix, HostView host) => $"https://{matrix.GatewayOn(host)}{Prefix}";

    private const string Prefix = "/livekit/jwt";

    private ReverseProxy ToService => OwnService.At(Port, 256 * 1024);
}
