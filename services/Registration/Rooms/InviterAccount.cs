using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Homeserver;
using Registration.Settings;
using ServiceHost;
using Sodium;

namespace Registration.Rooms;

/// <summary>
/// The service's own account at the homeserver. It is made when it is first needed, with a password that is on the disk before; cut at any
/// point, the next time goes on.
/// </summary>
internal sealed class InviterAccount(ServiceSettings settings, HomeserverHttp http, HomeserverClient homeserver, ILogger log) : IDisposable
{
    private const string FileName = "inviter.json";
    private readonly SemaphoreSlim turn = new(1);
    private readonly string path = Path.Combine(settings.StateFolder, FileName);
    private InviterKeys? keys;

    /// <summary>Its user id; null where the service is to have none.</summary>
    public string? UserId => settings.Inviter is { } name ? homeserver.UserId(name) : null;

    /// <summary>The homeserver that it is at.</summary>
    public string ServerName => settings.ServerName;

    /// <summary>Sends a request as this account, signing in where its access is gone.</summary>
    /// <returns>Null where it cannot sign in; the log says why.</returns>
    /// <exception cref="HttpRequestException">No whole answer came.</exception>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async Task<HomeserverAnswer?> SendAsync(HttpMethod method, string path, JsonObject? body = null)
    {
        if (await AccessAsync(refused: null) is not { } access)
            return null;
        var answer = await http.SendAsync(method, path, body, accessToken: access);
        if (answer.Status != 401)
            return answer;
        return await AccessAsync(refused: access) is { } renewed ? await http.SendAsync(method, path, body, accessToken: renewed) : null;
    }

    public void Dispose() => turn.Dispose();

    /// <param name="refused">An access that the homeserver does not know any more.</param>
    private async Task<SecretText?> AccessAsync(SecretText? refused)
    {
        if (settings.Inviter is not { } name)
            return null;
        await turn.WaitAsync();
        try
        {
            keys ??= InviterKeys.Read(path);
            if (keys?.AccessToken is { } known && known.Reveal() != refused?.Reveal())
                return known;
            if (keys is null)
                Keep(new InviterKeys(new SecretText(SodiumRandom.Hex(64)), null));
            // Signing in first: the account may have been made, and its access not kept.
            if ((await SignInAsync(name) ?? await RegisterAsync(name)) is not { } access)
                return null;
            Keep(keys! with { AccessToken = access });
            return access;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log.InviterFailed(UserId!, error.Message);
            return null;
        }
        finally
        {
            turn.Release();
        }
    }

    private void Keep(InviterKeys kept)
    {
        kept.Write(path);
        keys = kept;
    }

    private async Task<SecretText?> SignInAsync(string name)
    {
        var answer = await http.SendAsync(HttpMethod.Post, "/_matrix/client/v3/login", new JsonObject
        {
            ["type"] = "m.login.password",
            ["identifier"] = new JsonObject { ["type"] = "m.id.user", ["user"] = name },
            ["password"] = keys!.Password.Reveal(),
            ["initial_device_display_name"] = "Registration",
        });
        return answer.Status == 200 && answer.String("access_token") is { } token ? new SecretText(token) : null;
    }

    private async Task<SecretText?> RegisterAsync(string name)
    {
        var outcome = await homeserver.RegisterAsync(name, keys!.Password.Reveal(), signIn: true, client: null, asked: () => { });
        if (outcome is Outcome.Created { AccessToken: { } access })
        {
            log.InviterMade(UserId!);
            return access;
        }
        log.InviterFailed(UserId!, outcome is Outcome.Refused refused ? refused.First.Sentence : "it was made, but gave no access");
        return null;
    }
}
