using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Contribute;

/// <summary>Transport protocols.</summary>
public enum Protocol
{
    /// <summary>TCP.</summary>
    Tcp,

    /// <summary>UDP.</summary>
    Udp,
}

/// <summary>A port that a service listens on, on any address of the machine; no two may take the same one.</summary>
/// <param name="Port">The port, or the first of a range.</param>
/// <param name="Unit">The unit that listens.</param>
public sealed record ListenPort(Port Port, string Unit) : Contribution
{
    /// <summary>The transport protocol.</summary>
    public Protocol Protocol { get; init; } = Protocol.Tcp;

    /// <summary>The last port, where it is a range of ports that begins at <see cref="Port"/>; null for the one alone.</summary>
    public Port? Through { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        var first = host.Gathered<ListenPort>().First(other =>
            ReferenceEquals(other.Value, this) || (other.Value.Protocol == Protocol && other.Value.Unit != Unit && (Covers(other.Value.Port) || other.Value.Covers(Port))));
        if (!ReferenceEquals(first.Value, this))
            yield return new Problem(
                $"{first.Value.Unit} and {Unit} both listen on {Protocol.ToString().ToLowerInvariant()} port {Math.Max(first.Value.Port.Number, Port.Number)}.",
                "Give one of them another port.")
            { Also = [first.Where] };
    }

    /// <summary>Whether a port is the one, or in the range.</summary>
    /// <param name="port">The port.</param>
    public bool Covers(Port port) => Port.Number <= port.Number && port.Number <= (Through ?? Port).Number;
}

/// <summary>A port that other machines are to reach. Plans tell it; Hale sets no rules of a firewall: those of the machine or its provider are the owner's.</summary>
/// <param name="Port">The port.</param>
public sealed record FirewallPort(Port Port) : Contribution
{
    /// <summary>The transport protocol.</summary>
    public Protocol Protocol { get; init; } = Protocol.Tcp;

    /// <summary>The last port, where it is a range of ports that begins at <see cref="Port"/>; null for the one alone.</summary>
    public Port? Through { get; init; }

    /// <summary>As people and the machine's manifest write it: <c>443/tcp</c>, <c>50000-50200/udp</c>.</summary>
    public string Label => $"{Port}{(Through is { } last ? $"-{last}" : "")}/{(Protocol == Protocol.Udp ? "udp" : "tcp")}";

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (Through is { } last && last.Number < Port.Number)
            yield return new Problem($"The range of ports from {Port} to {last} is empty.", "Write the lower port first.");
    }
}

/// <summary>A page or an address that a person may want to open; <c>hale try</c> and <c>hale status</c> show it.</summary>
/// <param name="Name">What it is: <c>Registration</c>.</param>
/// <param name="Url">Where it is.</param>
public sealed record Reachable(string Name, string Url) : Contribution
{
    /// <summary>One more sentence, such as where the invite code lies.</summary>
    public string Hint { get; init; } = "";
}

/// <summary>A certificate authority of the machine's own, which a person may want to trust; <c>hale try</c> offers it.</summary>
/// <param name="Path">Where the root certificate lies on the machine once the service is up, as PEM.</param>
public sealed record TrustRoot(string Path) : Contribution;
