using System.Net;

namespace CallTokens.Discover;

/// <summary>Where a homeserver's federation API is, and how to speak to it.</summary>
/// <param name="Connect">The host and port to connect to.</param>
/// <param name="Name">What the Host header says; its host is what the certificate must be for.</param>
internal sealed record Destination(DnsEndPoint Connect, ServerName Name)
{
    /// <summary>A request to it. Its URL is one of the destination's own, so that a kept connection is never another's.</summary>
    public HttpRequestMessage Get(string pathAndQuery)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"https://{Name.Host}:{Connect.Port}{pathAndQuery}"));
        request.Headers.Host = Name.ToString();
        Reach.Target.Set(request, Connect);
        return request;
    }
}
