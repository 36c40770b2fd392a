using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// LiveKit, the server that carries the sound and pictures of calls. Clients signal through the gateway and send media to it
/// directly; rooms are made by <see cref="CallTokens"/> alone.
/// </summary>
public sealed record LiveKit : Module
{
    /// <summary>
    /// Whether the server runs on this host. Off, tokens are given still, for a machine that media cannot reach: <c>hale try</c> turns it off, for
    /// a machine of the lab has no public address, and nothing but packages to download.
    /// </summary>
    public bool Run { get; init => Assign(ref field, value); } = true;

    /// <summary>The release: <c>1.13.9</c>.</summary>
    public string Version { get; init => Assign(ref field, value); } = LiveKitServer.KnownVersion;

    /// <summary>
    /// The SHA-256 of the release's <c>livekit_VERSION_linux_ARCHITECTURE.tar.gz</c>, from the <c>checksums.txt</c> beside it; empty where Hale
    /// knows it, which is for the default version on amd64.
    /// </summary>
    public string Sha256 { get; init => Assign(ref field, value); } = "";

    /// <summary>The port on loopback for signalling and its API, which the gateway leads to.</summary>
    public Port Port { get; init => Assign(ref field, value); } = 7880;

    /// <summary>The port for media over TCP, for people whose network lets no UDP through; open to the outside.</summary>
    public Port TcpPort { get; init => Assign(ref field, value); } = 7881;

    /// <summary>The first port for media over UDP; open to the outside, as all up to <see cref="LastUdpPort"/>.</summary>
    public Port FirstUdpPort { get; init => Assign(ref field, value); } = 50000;

    /// <summary>The last port for media over UDP; a person in a call takes one.</summary>
    public Port LastUdpPort { get; init => Assign(ref field, value); } = 50200;

    /// <summary>Whether it asks a STUN server for the machine's public address, which people send their media to; off where the machine has it itself.</summary>
    public bool UseExternalIp { get; init => Assign(ref field, value); } = true;

    /// <summary>The secret of the key that signs; LiveKit and the token service have it. At least 32 characters.</summary>
    public Secret KeySecret { get; init => Assign(ref field, value); } = Secret.Generated("livekit/key_secret");

    /// <summary>The one key, as both read it from a file.</summary>
    internal SecretTemplate KeyFile => new("livekit/keys", SecretFormat.Plain, $"{LiveKitServer.KeyName}: {KeySecret:raw}\n");

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host)
    {
        if (!Run)
            yield break;
        yield return new ListenPort(Port, LiveKitServer.UnitName);
        yield return new ListenPort(TcpPort, LiveKitServer.UnitName);
        yield return new FirewallPort(TcpPort);
        if (FirstUdpPort.Number <= LastUdpPort.Number)
        {
            yield return new ListenPort(FirstUdpPort, LiveKitServer.UnitName) { Protocol = Protocol.Udp, Through = LastUdpPort };
            yield return new FirewallPort(FirstUdpPort) { Protocol = Protocol.Udp, Through = LastUdpPort };
        }
        yield return new HttpCheck("LiveKit answers", LiveKitServer.UnitName, $"http://127.0.0.1:{Port}/");
        if (host.Find<Matrix>() is { } matrix && DnsName.IsValid(matrix.GatewayOn(host)))
        {
            yield return new VirtualHost(matrix.GatewayOn(host))
            {
                Routes = [new ReverseProxy($"127.0.0.1:{Port}") { Paths = ["/livekit/sfu", "/livekit/sfu/*"], StripPrefix = "/livekit/sfu" }],
            };
            yield return new CallsOutside(matrix.GatewayOn(host), TcpPort, FirstUdpPort);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (FirstUdpPort.Number > LastUdpPort.Number)
            yield return new Problem($"The ports for media go from {FirstUdpPort} to {LastUdpPort}.", "Write the lower one first: FirstUdpPort = 50000, LastUdpPort = 50200.")
            { Setting = nameof(LastUdpPort) };
        if (Port == TcpPort)
            yield return new Problem($"LiveKit cannot signal and take media on one port, {Port}.", "Give TcpPort another number, such as 7881.") { Setting = nameof(TcpPort) };
        if (KeySecret.Shape is { Kind: SecretKind.Text, Length: < 32 } shape)
            yield return new Problem($"LiveKit's key would have a secret of {shape.Length} characters.", "Give it at least 32.") { Setting = nameof(KeySecret) };
        foreach (var problem in LiveKitServer.Check(this, host))
            yield return problem;
        if (host.Find<CallTokens>() is null)
            yield return new Problem(
                $"Nobody gets into a call on {host.Host.Name}: LiveKit has no service that gives tokens.", "Add new CallTokens() to its Modules.");
    }

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host) => Run ? [LiveKitServer.UnitOf(this, host)] : [];

    /// <inheritdoc/>
    public override IEnumerable<Module> InLab() => [new LiveKit { Name = Name, Run = false }];
}
