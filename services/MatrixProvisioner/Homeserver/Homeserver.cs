using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MatrixProvisioner;

/// <summary>Talks to the homeserver: waits until it is up, waits when it says to, and otherwise hands its answers back.</summary>
/// <param name="baseUrl">Where it listens.</param>
/// <param name="patience">How long from now on it is waited for: until it is up, when it says "later", when it went away or failed.</param>
internal sealed class Homeserver(Uri baseUrl, TimeSpan patience) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
    {
        // Making a room with many invitations takes a small computer some time, and is not to be asked for twice.
        Timeout = TimeSpan.FromMinutes(3),
        MaxResponseContentBufferSize = 8 * 1024 * 1024,
    };

    private int changes;

    /// <summary>Requests so far that may have changed something at the homeserver.</summary>
    public int Changes => changes;

    public void Dispose() => http.Dispose();

    /// <exception cref="ProvisionError">It did not come up in time.</exception>
    public async Task WaitUntilUpAsync()
    {
        while (true)
        {
            string reason;
            try
            {
                var answer = await SendOnceAsync(HttpMethod.Get, "/_matrix/client/versions", null, null).WaitAsync(TimeSpan.FromSeconds(10));
                if (answer.Status == 200 && answer.Body.ContainsKey("versions"))
                    return;
                reason = $"It answers, but not as a Matrix homeserver: {answer.Summary}";
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException or TimeoutException)
            {
                reason = error.Message;
            }
            if (elapsed.Elapsed >= patience)
                throw new ProvisionError($"The homeserver at {baseUrl} did not come up within {patience.TotalSeconds:0} s. {reason}",
                    "Look at its log, and check HOMESERVER_URL.");
            await Task.Delay(Pause);
        }
    }

    /// <summary>Sends a request, and again as often as the homeserver says "later" and patience allows.</summary>
    /// <exception cref="ProvisionError">The homeserver went away.</exception>
    public async Task<Answer> SendAsync(HttpMethod method, string path, JsonObject? body = null, string? accessToken = null)
    {
        while (true)
        {
            Answer answer;
            try
            {
                answer = await SendOnceAsync(method, path, body, accessToken);
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                throw new ProvisionError($"The homeserver at {baseUrl} went away: {error.Message}",
                    "Look at its log, then start this unit again.")
                { MayPass = true };
            }
            if (answer.Status != 429)
                return answer;
            var wait = answer.RetryAfter ?? TimeSpan.FromSeconds(1);
            if (elapsed.Elapsed + wait > patience)
                throw new ProvisionError($"The homeserver at {baseUrl} allows no more requests for {wait.TotalSeconds:0} s.",
                    "Start this unit again later.");
            await Task.Delay(wait + Pause);
        }
    }

    /// <summary>
    /// Does what can be done again and goes on from where it was: once more where the homeserver went away or failed on the way, ever less
    /// often, as long as patience lasts. What no waiting mends ends it at once.
    /// </summary>
    /// <exception cref="ProvisionError">It could not be done.</exception>
    public async Task<string> PersistAsync(Func<Task<string>> work, Action<string> say)
    {
        for (var pause = Pause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            try
            {
                return await work();
            }
            catch (ProvisionError error) when (error.MayPass && elapsed.Elapsed + pause < patience)
            {
                say($"{error.Message}\nIt goes on in {pause.TotalSeconds:0.##} s.");
                await Task.Delay(pause);
            }
    }

    private async Task<Answer> SendOnceAsync(HttpMethod method, string path, JsonObject? body, string? accessToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(baseUrl.AbsoluteUri.TrimEnd('/') + path));
        if (body is not null)
            request.Content = JsonContent.Create(body);
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        if (method != HttpMethod.Get)
            Interlocked.Increment(ref changes);
        using var response = await http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return new Answer((int)response.StatusCode, Parse(bytes), response.Headers.RetryAfter?.Delta);
    }

    private static JsonNode? Parse(byte[] bytes)
    {
        try
        {
            return JsonNode.Parse(bytes);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
