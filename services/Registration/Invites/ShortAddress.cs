using System.Net;
using System.Net.Sockets;

namespace Registration.Invites;

/// <summary>Where somebody came from, as far as the store should know: a network of some 256 IPv4 addresses, or an IPv6 /48.</summary>
internal static class ShortAddress
{
    public static string Of(IPAddress? address)
    {
        if (address is null)
            return "";
        var (kept, prefix) = address.AddressFamily == AddressFamily.InterNetworkV6 ? (6, 48) : (3, 24);
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(kept).Clear();
        return $"{new IPAddress(bytes)}/{prefix}";
    }
}
