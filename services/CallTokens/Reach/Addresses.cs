using System.Net;
using System.Net.Sockets;

namespace CallTokens.Reach;

/// <summary>
/// Which addresses this service connects to when a stranger names a server: those of the public internet, and the networks that a setting
/// allows. Everything else is somebody's inner network (IANA's special-purpose registries, RFC 6890).
/// </summary>
internal sealed class Addresses(IReadOnlyList<IPNetwork> allowed)
{
    private static readonly IPNetwork[] Inner =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            // Of 2000::/3: protocol assignments with Teredo, documentation, and 6to4, which hides an IPv4 address.
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether it may be connected to.</summary>
    public bool MayReach(IPAddress address)
    {
        var plain = Plain(address);
        if (allowed.Any(network => network.Contains(plain)))
            return true;
        if (plain.AddressFamily == AddressFamily.InterNetworkV6 && !GlobalUnicast.Contains(plain))
            return false;
        return plain.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6 && !Inner.Any(network => network.Contains(plain));
    }

    /// <summary>An address that stands for an IPv4 one is judged as that: ::ffff:a.b.c.d, and what NAT64 translates.</summary>
    private static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        // Without the scope (fe80::1%eth0), by which networks would not know it.
        return Nat64.Contains(new IPAddress(bytes)) ? new IPAddress(bytes.AsSpan(12)) : new IPAddress(bytes);
    }
}
