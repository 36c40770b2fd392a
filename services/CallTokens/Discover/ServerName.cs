using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace CallTokens.Discover;

/// <summary>
/// The name of a homeserver (Matrix specification, appendices, "Server Name"): a DNS name or an address, perhaps with a port.
/// </summary>
/// <param name="Host">The name or address without port; an IPv6 address in brackets.</param>
/// <param name="Port">The port that it names; null for none.</param>
internal sealed record ServerName(string Host, int? Port)
{
    /// <summary>The longest that a user id leaves room for.</summary>
    private const int Longest = 230;

    /// <summary>Whether the host is an address.</summary>
    public bool IsAddress { get; } = Host[0] == '[' || IsIPv4(Host);

    /// <summary>Reads a name.</summary>
    /// <returns>Null where it is none.</returns>
    public static ServerName? Parse(string text)
    {
        if (text.Length is 0 or > Longest)
            return null;
        var end = text[0] == '[' ? text.IndexOf(']', StringComparison.Ordinal) + 1 : text.IndexOf(':', StringComparison.Ordinal);
        var host = end > 0 ? text[..end] : text;
        var rest = text[host.Length..];
        if (rest.Length == 0)
            return IsHost(host) ? new ServerName(host, null) : null;
        return rest[0] == ':' && ushort.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            && IsHost(host) ? new ServerName(host, port) : null;
    }

    public override string ToString() => Port is { } port ? $"{Host}:{port.ToString(CultureInfo.InvariantCulture)}" : Host;

    private static bool IsHost(string host) => host.Length > 0 && (host[0] == '[' ? IsIPv6(host) : IsIPv4(host) || IsDnsName(host));

    private static bool IsIPv6(string host) =>
        host.Length is > 4 and < 48 && host[^1] == ']' && !host.Contains('%', StringComparison.Ordinal)
        && IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    // Four numbers: what else the parser of addresses takes for one (a bare number, octal) is a DNS name here, and has no address then.
    private static bool IsIPv4(string host) =>
        host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out var address) && address.ToString() == host;

    // The last label is never a number alone (RFC 1123, 2.1): resolvers would read 127.1 and 0x7f000001 as addresses.
    private static bool IsDnsName(string host)
    {
        var labels = host.Split('.');
        return labels.All(label => label.Length is > 0 and < 64 && label.All(c => char.IsAsciiLetterOrDigit(c) || c == '-'))
            && !char.IsAsciiDigit(labels[^1][0]);
    }
}
