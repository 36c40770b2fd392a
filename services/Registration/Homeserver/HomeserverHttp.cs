using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Settings;
using ServiceHost;

namespace Registration.Homeserver;

/// <summary>The way to the homeserver: JSON there, JSON back, within bounds.</summary>
internal sealed class HomeserverHttp : IDisposable
{
    private static readonly TimeSpan PauseBeforeRetry = TimeSpan.FromMilliseconds(300);

    private readonly string homeserver;
    private readonly HttpClient http;

    /// <summary>How long an answer is waited for where nothing else is said.</summary>
    public TimeSpan Patience { get; }

    public HomeserverHttp(ServiceSettings settings, TimeSpan timeout)
    {
        homeserver = settings.HomeserverUrl.AbsoluteUri.TrimEnd('/');
        Patience = timeout;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = 64 * 1024 };
    }

    public void Dispose() => http.Dispose();

    /// <summary>Sends a request; once more where the first time nothing was sent.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="client">Whom it is for; told to the homeserver, whose own limits count by it.</param>
    /// <param name="longest">How long it may take; null for <see cref="Patience"/>.</param>
    /// <exception cref="HttpRequestException">No whole answer came.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async Task<HomeserverAnswer> SendAsync(
        HttpMethod method, string path, JsonObject? body = null, IPAddress? client = null, SecretText? accessToken = null,
        TimeSpan? longest = null)
    {
        var json = body?.ToJsonString();
        var limit = longest ?? Patience;
        try
        {
            return await SendOnceAsync(method, path, json, client, accessToken, limit);
        }
        catch (HttpRequestException error) when (NothingWasSent(error))
        {
            await Task.Delay(PauseBeforeRetry);
            return await SendOnceAsync(method, path, json, client, accessToken, limit);
        }
    }

    /// <summary>Whether a request that failed so certainly did nothing. One that may have arrived is never sent twice: it could have made the account.</summary>
    public static bool NothingWasSent(Exception error) => error is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError
    };

    private async Task<HomeserverAnswer> SendOnceAsync(
        HttpMethod method, string path, string? json, IPAddress? client, SecretText? accessToken, TimeSpan longest)
    {
        using var request = new HttpRequestMessage(method, new Uri(homeserver + path));
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        if (client is not null)
        {
            request.Headers.Add("X-Forwarded-For", client.ToString());
            // Synapse warns of each request that comes without, and takes it for this.
            request.Headers.Add("X-Forwarded-Proto", "https");
        }
        if (accessToken is not null)
            request.Headers.Authorization = new("Bearer", accessToken.Reveal());
        using var limit = new CancellationTokenSource(longest);
        try
        {
            using var response = await http.SendAsync(request, limit.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(limit.Token);
            return new HomeserverAnswer((int)response.StatusCode, Json(bytes), response.Headers.RetryAfter);
        }
        catch (OperationCanceledException error) when (limit.IsCancellationRequested)
        {
            throw new OperationCanceledException(string.Create(CultureInfo.InvariantCulture, $"it did not answer within {longest.TotalSeconds:0.#} s"), error);
        }
    }

    private static JsonElement Json(byte[] bytes)
    {
        try
        {
            return JsonElement.Parse(bytes);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
