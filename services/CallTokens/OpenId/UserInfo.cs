using System.Text.Json;
using CallTokens.Discover;
using CallTokens.Requests;
using CallTokens.Settings;

namespace CallTokens.OpenId;

/// <summary>
/// Asks a homeserver whose OpenID token it is (server-server API, "OpenID"). Whatever is wrong, a stranger's server that answers nonsense or
/// none at all, comes out as the same refusal; the log says more.
/// </summary>
internal sealed class UserInfo(ServiceSettings settings, Discovery discovery, HttpClient guarded, HttpClient local, ILogger log)
{
    private const int LongestUserId = 255;
    private const int MostStrangersAtOnce = 256;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    private int strangersAtOnce;

    /// <summary>The user id.</summary>
    /// <exception cref="Refusal">The server does not confirm the token, or answers for another's user.</exception>
    public async Task<string> AskAsync(OpenIdToken token)
    {
        var name = token.MatrixServerName!;
        if (ServerName.Parse(name) is not { } server)
            throw Refusal.Unauthorized();
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            var path = "/_matrix/federation/v1/openid/userinfo?access_token=" + Uri.EscapeDataString(token.AccessToken!);
            using var response = settings.LocalServers.TryGetValue(name, out var url)
                ? await local.GetAsync(new Uri(url.AbsoluteUri.TrimEnd('/') + path), limit.Token)
                : await AskStrangerAsync(server, path, limit.Token);
            if (!response.IsSuccessStatusCode)
            {
                log.NotConfirmedBy(name, (int)response.StatusCode);
                throw Refusal.Unauthorized();
            }
            var subject = Subject(await response.Content.ReadAsByteArrayAsync(limit.Token));
            if (subject is not null && IsUserOf(subject, name))
                return subject;
            log.NotConfirmed(name, subject is null ? "its answer names nobody" : "it answers for a user of another server");
            throw Refusal.Unauthorized();
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException or UriFormatException)
        {
            log.NotAsked(name, error);
            throw Refusal.Unauthorized();
        }
    }

    /// <summary>Whether this is a user id of that server: <c>@name:SERVER</c>, the server to the letter.</summary>
    internal static bool IsUserOf(string userId, string server) =>
        userId.Length <= LongestUserId && userId.StartsWith('@') && userId.IndexOf(':', StringComparison.Ordinal) is > 1 and var colon
        && userId.AsSpan(colon + 1).SequenceEqual(server);

    // Strangers' servers that never answer must not pile up questions, nor keep the own server's users waiting.
    private async Task<HttpResponseMessage> AskStrangerAsync(ServerName server, string path, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref strangersAtOnce) > MostStrangersAtOnce)
                throw new HttpRequestException("too many servers are asked at once");
            using var request = (await discovery.FindAsync(server, cancellation)).Get(path);
            return await guarded.SendAsync(request, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref strangersAtOnce);
        }
    }

    private static string? Subject(byte[] body)
    {
        try
        {
            var json = JsonElement.Parse(body);
            return json.ValueKind == JsonValueKind.Object && json.TryGetProperty("sub", out var sub) && sub.ValueKind == JsonValueKind.String
                ? sub.GetString()
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
