using System.Net;
using System.Text.Json;

namespace CallTokens.Discover;

/// <summary>
/// Asks for <c>/.well-known/matrix/server</c>, and remembers the answer for as long as it says, within bounds. What is remembered is a
/// name only: where it leads is checked anew at each connection.
/// </summary>
internal sealed class WellKnown(HttpClient http, TimeProvider time)
{
    private const int MostRedirects = 5;
    private const int MostRemembered = 2_000;
    private static readonly TimeSpan LongestGood = TimeSpan.FromHours(1);
    private static readonly TimeSpan ShortestGood = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Bad = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (ServerName? Delegate, DateTimeOffset Until)> remembered = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The server that the host delegates to, or null where it delegates to none.</summary>
    public async Task<ServerName?> DelegateAsync(string host, CancellationToken cancellation)
    {
        lock (gate)
            if (remembered.TryGetValue(host, out var known) && known.Until > time.GetUtcNow())
                return known.Delegate;
        var (found, age) = await AskAsync(host, cancellation);
        lock (gate)
        {
            if (remembered.Count >= MostRemembered)
                remembered.Clear();
            remembered[host] = (found, time.GetUtcNow() + age);
        }
        return found;
    }

    private async Task<(ServerName? Delegate, TimeSpan Age)> AskAsync(string host, CancellationToken cancellation)
    {
        var url = new Uri($"https://{host}/.well-known/matrix/server");
        try
        {
            for (var redirects = 0; redirects <= MostRedirects; redirects++)
            {
                using var response = await http.GetAsync(url, cancellation);
                if (response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                {
                    if (response.Headers.Location is not { } location || !Uri.TryCreate(url, location, out url!) || url.Scheme != "https" || url.UserInfo.Length > 0)
                        break;
                    continue;
                }
                if (response.StatusCode == HttpStatusCode.OK && Delegated(await response.Content.ReadAsByteArrayAsync(cancellation)) is { } server)
                    return (server, Age(response));
                break;
            }
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or UriFormatException)
        {
            // A host without a web server is as good as one without the file.
            cancellation.ThrowIfCancellationRequested();
        }
        return (null, Bad);
    }

    private static ServerName? Delegated(byte[] body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("m.server", out var server) && server.ValueKind == JsonValueKind.String
                ? ServerName.Parse(server.GetString()!)
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static TimeSpan Age(HttpResponseMessage response) =>
        response.Headers.CacheControl is { NoStore: true } or { NoCache: true } ? ShortestGood
        : response.Headers.CacheControl?.MaxAge is { } age ? TimeSpan.FromTicks(Math.Clamp(age.Ticks, ShortestGood.Ticks, LongestGood.Ticks))
        : LongestGood;
}
