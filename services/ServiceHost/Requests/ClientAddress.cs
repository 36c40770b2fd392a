using System.Net;
using System.Net.Sockets;

namespace ServiceHost;

/// <summary>Who is asking: the address that limits count by, found behind the proxies that are trusted.</summary>
public static class ClientAddress
{
    /// <summary>This computer, where the gateway is.</summary>
    public static IReadOnlyList<IPNetwork> Loopback { get; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>
    /// The rightmost address that is not a trusted proxy's. What stands left of it was written by whom we do not trust.
    /// A peer without an address came over a unix socket, which only the gateway can open, and is trusted.
    /// </summary>
    /// <returns>Null where nobody named an address: a unix socket whose proxy sends no X-Forwarded-For.</returns>
    public static IPAddress? Find(IPAddress? peer, IEnumerable<string?> forwardedFor, IReadOnlyList<IPNetwork> trusted)
    {
        var client = Plain(peer);
        var hops = forwardedFor.SelectMany(header => (header ?? "").Split(',')).Reverse();
        foreach (var hop in hops)
        {
            if (client is not null && !trusted.Any(network => network.Contains(client)))
                return client;
            if (Parse(hop.Trim()) is not { } before)
                return client;
            client = before;
        }
        return client;
    }

    /// <summary>What limits count by: an IPv4 address, or the /64 that one IPv6 customer has at the least.</summary>
    public static IPAddress Key(IPAddress? address)
    {
        if (address is null)
            return IPAddress.Any;
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private static IPAddress? Parse(string hop)
    {
        // A bare number is an IPv4 address to IPAddress.Parse, but not to us.
        if (IPEndPoint.TryParse(hop, out var endpoint) && (hop.Contains('.') || hop.Contains(':')))
            return Plain(endpoint.Address);
        return null;
    }

    private static IPAddress? Plain(IPAddress? address)
    {
        if (address is { IsIPv4MappedToIPv6: true })
            return address.MapToIPv4();
        // A scope (fe80::1%eth0) says nothing about who it is.
        return address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
            ? new IPAddress(address.GetAddressBytes())
            : address;
    }
}
