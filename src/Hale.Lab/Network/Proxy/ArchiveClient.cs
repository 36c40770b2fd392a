using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hale.Lab;

/// <summary>Fetches files of the archives for the proxy's clients, from the cache where it has them.</summary>
internal sealed class ArchiveClient(LabMirror mirror, PackageCache cache) : IDisposable
{
    private const int BufferSize = 128 * 1024;
    private const long LargestCached = 1024L * 1024 * 1024;
    private static readonly TimeSpan stall = TimeSpan.FromSeconds(60);

    // What makes a request conditional or partial, and what apt must know of the answer.
    private static readonly string[] passedOn = ["If-Modified-Since", "If-Range", "Range", "Cache-Control", "User-Agent"];
    private static readonly string[] passedBack = ["Last-Modified", "ETag", "Accept-Ranges", "Content-Type", "Content-Range"];

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.None,
        MaxAutomaticRedirections = 5,
        MaxResponseHeadersLength = 64,
        UseCookies = false,
        Proxy = mirror.Settings.Proxy is { } proxy ? new WebProxy(proxy) : null,
    });

    /// <summary>Whether an address is within an archive.</summary>
    public bool MayReach(Uri uri) => mirror.Archives.Any(archive =>
        uri.Scheme == archive.Scheme && uri.Port == archive.Port && uri.Host.Equals(archive.Host, StringComparison.OrdinalIgnoreCase)
        && uri.UserInfo.Length == 0
        && uri.AbsolutePath.StartsWith(archive.AbsolutePath.TrimEnd('/') + "/", StringComparison.Ordinal));

    /// <summary>Whether a tunnel leads to an archive, one that speaks TLS.</summary>
    public bool MayTunnelTo(string target, out string host, out int port)
    {
        var archive = mirror.Archives.FirstOrDefault(archive =>
            archive.Scheme == "https" && $"{archive.Host}:{archive.Port}".Equals(target, StringComparison.OrdinalIgnoreCase));
        (host, port) = (archive?.Host ?? "", archive?.Port ?? 0);
        return archive is not null;
    }

    /// <summary>Answers one request.</summary>
    /// <returns>Whether the connection can go on with another.</returns>
    public async Task<bool> AnswerAsync(Socket client, RequestHead request, Uri uri, CancellationToken cancellation)
    {
        var cacheable = PackageCache.IsImmutable(uri) && request.Method == "GET" && !request.Headers.ContainsKey("Range");
        // A client that found a kept file damaged asks past the cache, and thereby mends it.
        var fresh = request.Headers.GetValueOrDefault("Cache-Control", "").Contains("no-cache", StringComparison.OrdinalIgnoreCase);
        if (cacheable && !fresh && cache.TryOpen(uri) is { } kept)
        {
            await using (kept)
            {
                await client.SendAllAsync(Head(200, "OK", [$"Content-Length: {kept.Length}"]), cancellation);
                await CopyAsync(kept, client, null, cancellation);
            }
            return true;
        }

        using var message = new HttpRequestMessage(new HttpMethod(request.Method), uri);
        foreach (var name in passedOn)
        {
            if (request.Headers.TryGetValue(name, out var value)) message.Headers.TryAddWithoutValidation(name, value);
        }
        HttpResponseMessage? response = null;
        try
        {
            response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException e)
        {
            var why = Encoding.UTF8.GetBytes(e.Message + "\n");
            await client.SendAllAsync(Head(502, "Bad Gateway", [$"Content-Length: {why.Length}"]), cancellation);
            await client.SendAllAsync(why, cancellation);
            return true;
        }
        using (response) return await PassOnAsync(client, request, uri, response, cacheable, cancellation);
    }

    /// <summary>Closes the connections to the archives.</summary>
    public void Dispose() => http.Dispose();

    private async Task<bool> PassOnAsync(
        Socket client, RequestHead request, Uri uri, HttpResponseMessage response, bool cacheable, CancellationToken cancellation)
    {
        var length = response.Content.Headers.ContentLength;
        var hasBody = request.Method != "HEAD" && response.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified);
        var fields = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .Where(field => passedBack.Contains(field.Key, StringComparer.OrdinalIgnoreCase))
            .Select(field => $"{field.Key}: {field.Value}")
            .ToList();
        if (length is not null) fields.Add($"Content-Length: {length}");
        // Without a length, the end of the connection is the end of the answer.
        var goesOn = length is not null || !hasBody;
        if (!goesOn) fields.Add("Connection: close");
        await client.SendAllAsync(Head((int)response.StatusCode, response.ReasonPhrase ?? "", fields), cancellation);
        if (!hasBody) return true;

        var body = await response.Content.ReadAsStreamAsync(cancellation);
        if (!cacheable || response.StatusCode != HttpStatusCode.OK || length is null or > LargestCached)
        {
            await CopyAsync(body, client, null, cancellation);
            return goesOn;
        }

        var unfinished = cache.CreateUnfinished();
        try
        {
            await using (unfinished) await CopyAsync(body, client, unfinished, cancellation);
            if (new FileInfo(unfinished.Name).Length == length) cache.Add(uri, unfinished.Name);
        }
        finally
        {
            File.Delete(unfinished.Name);
        }
        return goesOn;
    }

    private static async Task CopyAsync(Stream from, Socket client, FileStream? copy, CancellationToken cancellation)
    {
        var buffer = new byte[BufferSize];
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        while (true)
        {
            patience.CancelAfter(stall);
            var count = await from.ReadAsync(buffer, patience.Token);
            if (count == 0) return;
            copy?.Write(buffer.AsSpan(0, count));
            await client.SendAllAsync(buffer.AsMemory(0, count), patience.Token);
        }
    }

    private static byte[] Head(int status, string reason, IEnumerable<string> fields) =>
        Encoding.Latin1.GetBytes($"HTTP/1.1 {status} {reason}\r\n{string.Concat(fields.Select(field => field + "\r\n"))}\r\n");
}
