using System.Collections.Immutable;
using System.Net;

namespace Registration.Tests;

public class ClientAddressTests
{
    [Theory]
    [InlineData("198.51.100.7", "203.0.113.1", "198.51.100.7")] // an untrusted peer speaks only for itself
    [InlineData("127.0.0.1", "", "127.0.0.1")]
    [InlineData("127.0.0.1", "203.0.113.1", "203.0.113.1")]
    [InlineData("::ffff:127.0.0.1", "203.0.113.1", "203.0.113.1")]
    [InlineData("::1", "::ffff:203.0.113.1", "203.0.113.1")]
    [InlineData("127.0.0.1", "1.1.1.1, 203.0.113.1", "203.0.113.1")]
    [InlineData("127.0.0.1", "1.1.1.1|203.0.113.1", "203.0.113.1")] // two headers
    [InlineData("127.0.0.1", "203.0.113.1, 127.0.0.1, ::1", "203.0.113.1")]
    [InlineData("127.0.0.1", "203.0.113.1:4711", "203.0.113.1")]
    [InlineData("127.0.0.1", "[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("127.0.0.1", "203.0.113.1, nonsense", "127.0.0.1")]
    [InlineData("127.0.0.1", "12345", "127.0.0.1")]
    [InlineData("127.0.0.1", "127.0.0.2, 127.0.0.3", "127.0.0.2")] // everybody is trusted
    [InlineData(null, "203.0.113.1", "203.0.113.1")] // a unix socket
    [InlineData(null, "", null)]
    public void The_client_is_the_rightmost_address_that_is_not_trusted(string? peer, string header, string? expected)
    {
        var found = ClientAddress.Find(peer is null ? null : IPAddress.Parse(peer), header.Split('|'), ClientAddress.Loopback);
        Assert.Equal(expected, found?.ToString());
    }

    [Fact]
    public void Trusted_networks_can_be_others()
    {
        ImmutableArray<IPNetwork> trusted = [IPNetwork.Parse("10.0.0.0/8")];
        Assert.Equal("203.0.113.1", ClientAddress.Find(IPAddress.Parse("10.1.2.3"), ["203.0.113.1"], trusted)?.ToString());
        Assert.Equal("127.0.0.1", ClientAddress.Find(IPAddress.Loopback, ["203.0.113.1"], trusted)?.ToString());
    }

    [Theory]
    [InlineData("203.0.113.1", "203.0.113.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData(null, "0.0.0.0")]
    public void Limits_count_by_address_or_by_64(string? address, string key) =>
        Assert.Equal(key, ClientAddress.Key(address is null ? null : IPAddress.Parse(address)).ToString());
}
