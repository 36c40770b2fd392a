using System.Net;

namespace Hale.Store.Fetch;

/// <summary>HTTP as all sources speak it: patient, without a limit on the whole of a download.</summary>
internal static class WebClients
{
    /// <summary>A client that goes through a proxy, or through none.</summary>
    public static HttpClient Through(Uri? proxy) => Of(new SocketsHttpHandler { UseProxy = proxy is not null, Proxy = proxy is null ? null : new WebProxy(proxy) });

    /// <summary>A client that goes where the environment says: <c>https_proxy</c>, <c>no_proxy</c>.</summary>
    public static HttpClient OfTheEnvironment() => Of(new SocketsHttpHandler());

    private static HttpClient Of(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(15);
        var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("hale");
        return client;
    }
}
