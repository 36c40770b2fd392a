using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CallTokens.Requests;
using CallTokens.Settings;

namespace CallTokens.Leave;

/// <summary>How a homeserver took a word about an event that it holds back.</summary>
internal enum Taken
{
    /// <summary>Done.</summary>
    Done,

    /// <summary>It holds no such event, or no longer: sent, or cancelled.</summary>
    Gone,

    /// <summary>Perhaps later.</summary>
    NotNow,
}

/// <summary>Restarts and sends events that homeservers hold back (MSC4140, under its unstable prefix, the only one in use).</summary>
internal sealed class DelayedEvents(ServiceSettings settings, HttpClient guarded, HttpClient local)
{
    private const string Folder = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events/";

    /// <summary>Puts the time at which it sends the event by itself off again.</summary>
    public Task<(Taken Taken, TimeSpan? Wait)> RestartAsync(DelayedLeave leave, CancellationToken cancellation) => PostAsync(leave, "restart", cancellation);

    /// <summary>Has it send the event now.</summary>
    public Task<(Taken Taken, TimeSpan? Wait)> SendAsync(DelayedLeave leave, CancellationToken cancellation) => PostAsync(leave, "send", cancellation);

    private async Task<(Taken Taken, TimeSpan? Wait)> PostAsync(DelayedLeave leave, string action, CancellationToken cancellation)
    {
        var isLocal = settings.LocalServers.TryGetValue(leave.ClientApi.Authority, out var direct);
        // What a stranger names is spoken to over TLS only, and its id cannot lead out of the folder.
        if (!isLocal && leave.ClientApi.Scheme != "https")
            return (Taken.Gone, null);
        var at = (direct ?? leave.ClientApi).AbsoluteUri.TrimEnd('/') + Folder + Uri.EscapeDataString(leave.Id);
        var client = isLocal ? local : guarded;
        try
        {
            var (status, wait, isUnknown) = await PostAsync(client, $"{at}/{action}", "{}", cancellation);
            // Servers of the proposal's first years take the action in the body.
            if (isUnknown)
                (status, wait, _) = await PostAsync(client, at, $$"""{"action":"{{action}}"}""", cancellation);
            return ((int)status switch
            {
                >= 200 and < 300 => Taken.Done,
                404 or 409 => Taken.Gone,
                _ => Taken.NotNow,
            }, wait);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or UriFormatException
            || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (Taken.NotNow, null);
        }
    }

    private static async Task<(HttpStatusCode Status, TimeSpan? Wait, bool IsUnknown)> PostAsync(
        HttpClient client, string url, string body, CancellationToken cancellation)
    {
        using var content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        using var response = await client.PostAsync(new Uri(url), content, cancellation);
        var isUnknown = response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed
            && ErrorCode(await response.Content.ReadAsByteArrayAsync(cancellation)) == "M_UNRECOGNIZED";
        return (response.StatusCode, response.Headers.RetryAfter?.Delta, isUnknown);
    }

    private static string? ErrorCode(byte[] body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("errcode", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
