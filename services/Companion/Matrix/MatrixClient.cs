using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ServiceHost;

namespace Companion.Matrix;

/// <summary>The client-server API of Matrix, as far as the assistant needs it (specification v1.11).</summary>
internal sealed class MatrixClient(HttpClient http, Uri homeserver, SecretText accessToken, TimeProvider time)
{
    private const string V3 = "/_matrix/client/v3";

    // The waits between them come to five minutes: a homeserver that is restarted, or moved to a new version, is back by then.
    private const int Attempts = 12;

    /// <summary>At the start: fifteen seconds, for a unit that fails is started again soon.</summary>
    internal const int AttemptsAtStart = 6;

    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    // Non-ASCII text as it is: an event holds 64 KiB, and escapes would take six bytes for one letter.
    internal static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task<(string UserId, string DeviceId)> WhoAmIAsync(CancellationToken stop)
    {
        var answer = await SendAsync(HttpMethod.Get, $"{V3}/account/whoami", null, stop, AttemptsAtStart);
        return (answer.Text("user_id") ?? "", answer.Text("device_id") ?? "");
    }

    public Task<JsonElement> SyncAsync(string? since, TimeSpan wait, CancellationToken stop)
    {
        var query = $"filter={Uri.EscapeDataString(since is null ? SyncFilter.First() : SyncFilter.Later)}&set_presence=offline&timeout={(long)wait.TotalMilliseconds}";
        if (since is not null)
            query += $"&since={Uri.EscapeDataString(since)}";
        return SendAsync(HttpMethod.Get, $"{V3}/sync?{query}", null, stop, attempts: 1, wait + TimeSpan.FromSeconds(60));
    }

    /// <summary>Sends an event; the same <paramref name="transaction"/> twice is one event. Returns its id.</summary>
    public async Task<string> SendEventAsync(
        string room, string type, JsonObject content, string transaction, CancellationToken stop, bool isOnce = false)
    {
        var path = $"{V3}/rooms/{Escape(room)}/send/{Escape(type)}/{Escape(transaction)}";
        return (await SendAsync(HttpMethod.Put, path, content, stop, isOnce ? 1 : Attempts)).Text("event_id") ?? "";
    }

    public Task JoinAsync(string room, CancellationToken stop) => SendAsync(HttpMethod.Post, $"{V3}/rooms/{Escape(room)}/join", [], stop);

    public Task LeaveAsync(string room, CancellationToken stop) => SendAsync(HttpMethod.Post, $"{V3}/rooms/{Escape(room)}/leave", [], stop);

    /// <summary>Says, or stops saying, that the assistant types. Not worth a second attempt.</summary>
    public Task TypingAsync(string room, string userId, TimeSpan? length, CancellationToken stop) =>
        SendAsync(HttpMethod.Put, $"{V3}/rooms/{Escape(room)}/typing/{Escape(userId)}",
            length is { } typing
                ? new JsonObject { ["typing"] = true, ["timeout"] = (long)typing.TotalMilliseconds }
                : new JsonObject { ["typing"] = false },
            stop, attempts: 1);

    /// <summary>Any other request. Passing failures are tried again, as the homeserver asks or ever more slowly.</summary>
    /// <exception cref="MatrixException">It was refused, or all attempts failed.</exception>
    public async Task<JsonElement> SendAsync(
        HttpMethod method, string path, JsonObject? body, CancellationToken stop, int attempts = Attempts, TimeSpan? limit = null)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return await SendOnceAsync(method, path, body, limit ?? TimeSpan.FromSeconds(60), stop);
            }
            catch (MatrixException error) when (error.IsPassing && attempt < attempts)
            {
                await Task.Delay(error.RetryAfter ?? Sane(250 * Math.Pow(2, attempt)), time, stop);
            }
    }

    public static string Escape(string part) => Uri.EscapeDataString(part);

    private async Task<JsonElement> SendOnceAsync(HttpMethod method, string path, JsonObject? body, TimeSpan limit, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, new Uri(homeserver, path));
        if (accessToken.Reveal() is { Length: > 0 } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(Compact), Encoding.UTF8, "application/json");
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timer.CancelAfter(limit);
        try
        {
            using var response = await http.SendAsync(request, timer.Token);
            var text = await response.Content.ReadAsStringAsync(timer.Token);
            return response.IsSuccessStatusCode ? Parse(text) : throw Refusal(response, text);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new MatrixException(0, "", $"The homeserver did not answer within {limit.TotalSeconds:0} s.");
        }
        catch (HttpRequestException error)
        {
            throw new MatrixException(0, "", $"The homeserver cannot be reached: {error.Message}");
        }
    }

    private static JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw new MatrixException(502, "", "The homeserver's answer is not JSON.");
        }
    }

    private static MatrixException Refusal(HttpResponseMessage response, string text)
    {
        var status = (int)response.StatusCode;
        JsonElement answer = default;
        try
        {
            answer = Parse(text);
        }
        catch (MatrixException)
        {
            // A gateway in between answers in its own words.
        }
        var wait = answer.Number("retry_after_ms") ?? response.Headers.RetryAfter?.Delta?.TotalMilliseconds;
        return new MatrixException(status, answer.Text("errcode") ?? "", answer.Text("error") ?? response.ReasonPhrase ?? "", wait is { } some ? Sane(some) : null)
        {
            Answer = answer,
        };
    }

    // Whatever a homeserver, or a gateway before it, asks for.
    private static TimeSpan Sane(double milliseconds) =>
        TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, ShortestWait.TotalMilliseconds, LongestWait.TotalMilliseconds));
}
