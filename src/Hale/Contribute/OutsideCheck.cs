using Hale.Declare;

namespace Hale.Contribute;

/// <summary>
/// What must be so for people and servers elsewhere. A deployment does not wait for it, for names and firewalls are not the machine's;
/// <c>hale doctor</c> looks.
/// </summary>
public abstract record OutsideCheck : Contribution
{
    private protected OutsideCheck()
    {
    }
}

/// <summary>A site: its name leads to the host, and its certificate is good. Each <see cref="VirtualHost"/> brings one along.</summary>
/// <param name="Name">The DNS name.</param>
public sealed record SiteOutside(string Name) : OutsideCheck;

/// <summary>An address that answers anybody by HTTPS.</summary>
/// <param name="Label">What people call it: <c>Call tokens answer</c>.</param>
/// <param name="Url">The address.</param>
public sealed record UrlOutside(string Label, string Url) : OutsideCheck
{
    /// <summary>The status that is right.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Whether browsers of other sites must be able to read it (<c>Access-Control-Allow-Origin: *</c>).</summary>
    public bool AllowAnyOrigin { get; init; }
}

/// <summary>A Matrix homeserver as its clients find it: well-known, versions, and what must be closed to them.</summary>
/// <param name="ServerName">The part after the colon in user ids.</param>
/// <param name="BaseUrl">Where clients must be led: <c>https://matrix.example.org</c>.</param>
public sealed record MatrixClientOutside(string ServerName, string BaseUrl) : OutsideCheck
{
    /// <summary>Where clients must be told that tokens for calls are given (MSC4143); empty where it has no calls.</summary>
    public string CallsUrl { get; init; } = "";
}

/// <summary>A Matrix homeserver as other homeservers find it, or must not.</summary>
/// <param name="ServerName">The part after the colon in user ids.</param>
/// <param name="Federates">Whether it talks to other homeservers; where not, nothing may answer them.</param>
public sealed record MatrixFederationOutside(string ServerName, bool Federates) : OutsideCheck;

/// <summary>The media of calls, which do not pass the gateway.</summary>
/// <param name="Name">The DNS name that clients send them to.</param>
/// <param name="TcpPort">The port for those who can send no UDP.</param>
/// <param name="UdpPort">A port of the range for UDP.</param>
public sealed record CallsOutside(string Name, Port TcpPort, Port UdpPort) : OutsideCheck;
