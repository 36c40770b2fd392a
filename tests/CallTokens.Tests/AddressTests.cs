using System.Net;
using CallTokens.Reach;

namespace CallTokens.Tests;

/// <summary>Where a stranger can send the service, and where not.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("172.32.0.1", true)]
    [InlineData("2a00:1450::1", true)]
    [InlineData("64:ff9b::808:808", true)] // what NAT64 makes of 8.8.8.8
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.127.255.255", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.0.0.8", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("203.0.113.7", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:a9fe:a9fe", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("64:ff9b:1::808:808", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:1::1", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("100::1", false)]
    public void Only_the_public_internet_is_reached(string address, bool may) =>
        Assert.Equal(may, new Addresses([]).MayReach(IPAddress.Parse(address)));

    [Fact]
    public void A_network_that_a_setting_allows_is_reached_and_nothing_beside_it()
    {
        var addresses = new Addresses([IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("fd00::/64")]);

        Assert.True(addresses.MayReach(IPAddress.Parse("10.1.2.3")));
        Assert.True(addresses.MayReach(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.True(addresses.MayReach(IPAddress.Parse("fd00::5")));
        Assert.False(addresses.MayReach(IPAddress.Parse("10.2.0.1")));
        Assert.False(addresses.MayReach(IPAddress.Parse("127.0.0.1")));
    }
}
