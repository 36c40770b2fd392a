using Hale.Contribute;
using Hale.Declare;

namespace Hale.Catalogue;

/// <summary>The gateway's way to a service that Hale brings along: small requests, which such a service itself gives up after ten seconds.</summary>
internal static class OwnService
{
    // Longer than the service's own time, whose answer is to arrive.
    private static readonly TimeSpan Body = TimeSpan.FromSeconds(15);

    /// <param name="port">Where it listens on loopback.</param>
    /// <param name="largestBody">The largest request body, in bytes.</param>
    public static ReverseProxy At(Port port, int largestBody) => new($"127.0.0.1:{port}") { MaxRequestBody = largestBody, RequestBodyTime = Body };
}
