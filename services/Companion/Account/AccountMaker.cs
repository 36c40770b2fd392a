using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Matrix;

namespace Companion.Account;

/// <summary>
/// Makes the assistant's account where it is missing, signs in, and leaves the access token in a file. The assistant itself never sees
/// the registration token or the password. Cut at any point, it goes on the next time.
/// </summary>
internal sealed class AccountMaker(AccountSettings settings, HttpClient http, TimeProvider time)
{
    private const string V3 = "/_matrix/client/v3";

    /// <returns>What was done, in a sentence.</returns>
    /// <exception cref="MatrixException">The homeserver refused.</exception>
    public async Task<string> RunAsync(CancellationToken stop)
    {
        if (await TokenWorksAsync(stop))
            return $"The access token of {settings.UserId} works.";
        var token = await LogInAsync(stop);
        if (token is null)
        {
            await RegisterAsync(stop);
            token = await LogInAsync(stop)
                ?? throw new MatrixException(403, "M_FORBIDDEN", $"{settings.UserId} exists and has another password: somebody else's. Choose another name.");
        }
        Write(token);
        return $"{settings.UserId} is signed in.";
    }

    private MatrixClient Client(string token = "") => new(http, settings.HomeserverUrl, new ServiceHost.SecretText(token), time);

    private async Task<bool> TokenWorksAsync(CancellationToken stop)
    {
        if (!File.Exists(settings.AccessTokenFile) || (await File.ReadAllTextAsync(settings.AccessTokenFile, stop)).Trim() is not { Length: > 0 } token)
            return false;
        try
        {
            return (await Client(token).WhoAmIAsync(stop)).UserId == settings.UserId;
        }
        catch (MatrixException error) when (error.Status is 401 or 403)
        {
            return false;
        }
    }

    /// <returns>Null where there is no such account, or its password is another; homeservers do not tell which.</returns>
    private async Task<string?> LogInAsync(CancellationToken stop)
    {
        try
        {
            var answer = await Client().SendAsync(HttpMethod.Post, $"{V3}/login", new JsonObject
            {
                ["type"] = "m.login.password",
                ["identifier"] = new JsonObject { ["type"] = "m.id.user", ["user"] = settings.UserId },
                ["password"] = settings.Password.Reveal(),
                ["initial_device_display_name"] = "Assistant",
            }, stop);
            return answer.Text("access_token");
        }
        catch (MatrixException error) when (error.Status == 403)
        {
            return null;
        }
    }

    // User-interactive authentication: the first answer names the stages and the session (specification v1.11).
    private async Task RegisterAsync(CancellationToken stop)
    {
        var session = "";
        foreach (var stage in (string?[])[null, "m.login.registration_token", "m.login.dummy"])
        {
            var auth = stage is null ? null : new JsonObject { ["type"] = stage, ["session"] = session };
            if (stage == "m.login.registration_token")
                auth!["token"] = settings.RegistrationToken.Reveal();
            var (status, answer) = await StageAsync(auth, stop);
            if (status == 200)
                return;
            session = answer.Text("session") ?? session;
            if (answer.Text("error") is { } error && stage is not null)
                throw new MatrixException(status, answer.Text("errcode") ?? "", $"{error} Does the homeserver know the registration token?");
        }
        throw new MatrixException(401, "", "The homeserver asks for more than a registration token.");
    }

    private async Task<(int Status, JsonElement Answer)> StageAsync(JsonObject? auth, CancellationToken stop)
    {
        var body = new JsonObject
        {
            ["username"] = settings.UserId[1..settings.UserId.IndexOf(':')],
            ["password"] = settings.Password.Reveal(),
            ["inhibit_login"] = true,
        };
        if (auth is not null)
            body["auth"] = auth;
        try
        {
            return (200, await Client().SendAsync(HttpMethod.Post, $"{V3}/register", body, stop));
        }
        catch (MatrixException error) when (error.Status == 401)
        {
            return (401, error.Answer);
        }
        catch (MatrixException error) when (error.Errcode == "M_USER_IN_USE")
        {
            // Somebody has the name; whether it is we, the password tells.
            return (200, default);
        }
    }

    private void Write(string token)
    {
        var unfinished = $"{settings.AccessTokenFile}.new";
        using (var file = new FileStream(unfinished, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            file.Write(System.Text.Encoding.UTF8.GetBytes(token));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, settings.AccessTokenFile, overwrite: true);
    }
}
