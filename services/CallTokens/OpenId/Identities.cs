using System.Security.Cryptography;
using System.Text;
using CallTokens.Requests;

namespace CallTokens.OpenId;

/// <summary>
/// Who tokens belong to. Equal questions at one time are asked once; an answer is kept for a minute at most, and never longer than the token
/// says that it lives. Refusals are not kept. Holds hashes of tokens, not tokens.
/// </summary>
internal sealed class Identities(Func<OpenIdToken, Task<string>> ask, TimeProvider time)
{
    private const int MostKept = 10_000;
    private static readonly TimeSpan LongestKept = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (string UserId, DateTimeOffset Until)> kept = [];
    private readonly Dictionary<string, Task<string>> underWay = [];

    /// <summary>The user id.</summary>
    /// <exception cref="Refusal">The homeserver does not confirm the token.</exception>
    public Task<string> FindAsync(OpenIdToken token)
    {
        var key = Key(token);
        TaskCompletionSource<string> source;
        lock (gate)
        {
            if (kept.TryGetValue(key, out var known) && known.Until > time.GetUtcNow())
                return Task.FromResult(known.UserId);
            if (underWay.TryGetValue(key, out var same))
                return same;
            source = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
            underWay[key] = source.Task;
        }
        _ = RunAsync(key, token, source);
        return source.Task;
    }

    private async Task RunAsync(string key, OpenIdToken token, TaskCompletionSource<string> source)
    {
        // Counted from before the question: a slow answer must not make the token live longer.
        var until = time.GetUtcNow() + TimeSpan.FromSeconds(Math.Clamp(token.ExpiresIn, 0, LongestKept.TotalSeconds));
        try
        {
            var userId = await ask(token);
            lock (gate)
            {
                underWay.Remove(key);
                Keep(key, userId, until);
            }
            source.SetResult(userId);
        }
        catch (Exception error)
        {
            lock (gate)
                underWay.Remove(key);
            source.SetException(error is Refusal ? error : Refusal.Unauthorized());
        }
    }

    private void Keep(string key, string userId, DateTimeOffset until)
    {
        var now = time.GetUtcNow();
        if (until <= now)
            return;
        if (kept.Count >= MostKept)
            foreach (var stale in kept.Where(entry => entry.Value.Until <= now).Select(entry => entry.Key).ToList())
                kept.Remove(stale);
        if (kept.Count < MostKept)
            kept[key] = (userId, until);
    }

    // The server belongs to the question: the same token at another server is another token.
    private static string Key(OpenIdToken token) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{token.MatrixServerName}\n{token.AccessToken}")));
}
