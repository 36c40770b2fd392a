using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MatrixProvisioner;

/// <summary>
/// Makes the registration token exist at a Synapse, by its admin API. Asks first, so that a second run finds the token valid
/// and signs nobody in.
/// </summary>
internal sealed class TokenProvisioner(TokenSettings settings, Homeserver homeserver)
{
    /// <returns>What was done, in a sentence.</returns>
    /// <exception cref="ProvisionError">It could not be done.</exception>
    public async Task<string> RunAsync()
    {
        await homeserver.WaitUntilUpAsync();
        var valid = await TokenIsValidAsync();
        if (valid && !await AdminIsMissingAsync())
            return "The registration token is valid already.";

        var session = await SignInAsync();
        bool made;
        try
        {
            made = valid || await MakeTokenAsync(session);
        }
        finally
        {
            await LogOutAsync(session);
        }
        if (valid)
            return $"The registration token is valid already, and the administrator \"{settings.AdminUser}\" exists now.";
        if (!await TokenIsValidAsync())
            throw new ProvisionError("The homeserver took the registration token, but says that it is not valid.",
                "Is registration_requires_token: true and enable_registration: true in homeserver.yaml?");
        return made ? "The registration token exists now." : "The registration token had lapsed and is valid again.";
    }

    private async Task<bool> TokenIsValidAsync()
    {
        var token = Uri.EscapeDataString(settings.RegistrationToken.Reveal());
        var answer = await homeserver.SendAsync(HttpMethod.Get,
            $"/_matrix/client/v1/register/m.login.registration_token/validity?token={token}");
        if (answer.Status == 200)
            return answer.Body["valid"]?.GetValueKind() == JsonValueKind.True;
        if (answer.Status == 403)
            throw new ProvisionError("The homeserver does not allow registration at all.",
                "Set enable_registration: true in homeserver.yaml.");
        throw Unexpected("whether the token is valid", answer);
    }

    // A homeserver that reads the token from a file needs nobody to make it, but the first administrator is to be there all the same.
    private async Task<bool> AdminIsMissingAsync() =>
        (await homeserver.SendAsync(HttpMethod.Get, $"/_matrix/client/v3/register/available?username={Uri.EscapeDataString(settings.AdminUser)}")).Status == 200;

    /// <summary>Makes the admin account with the shared secret, or signs in to it where it exists. Returns its access token.</summary>
    private async Task<string> SignInAsync()
    {
        const string path = "/_synapse/admin/v1/register";
        var nonce = await homeserver.SendAsync(HttpMethod.Get, path);
        if (nonce.Status == 404)
            throw new ProvisionError("The homeserver has no admin API.", $"It must be a Synapse that serves {path} at HOMESERVER_URL.");
        if (nonce.Text("nonce") is not { } once)
            throw nonce.Status == 400
                ? new ProvisionError("The homeserver has no shared secret for registration.",
                    "Set registration_shared_secret_path in homeserver.yaml.")
                : Unexpected("for a nonce", nonce);

        var answer = await homeserver.SendAsync(HttpMethod.Post, path, new JsonObject
        {
            ["nonce"] = once,
            ["username"] = settings.AdminUser,
            ["password"] = settings.AdminPassword.Reveal(),
            ["admin"] = true,
            ["mac"] = Mac(once),
        });
        if (answer.Text("access_token") is { } session)
            return session;
        return answer switch
        {
            { Errcode: "M_USER_IN_USE" } => await LogInAsync(),
            { Status: 403 } => throw new ProvisionError("The homeserver does not accept the shared secret.",
                "The credential registration_shared_secret must hold what registration_shared_secret_path in homeserver.yaml names."),
            { Errcode: "M_INVALID_USERNAME" } => throw new ProvisionError(
                $"The homeserver does not accept the name \"{settings.AdminUser}\".", "Set ADMIN_USER to a name of a-z, 0-9 and . _ = - /"),
            _ => throw Unexpected("to make the admin account", answer),
        };
    }

    private async Task<string> LogInAsync()
    {
        var answer = await homeserver.SendAsync(HttpMethod.Post, "/_matrix/client/v3/login", new JsonObject
        {
            ["type"] = "m.login.password",
            ["identifier"] = new JsonObject { ["type"] = "m.id.user", ["user"] = settings.AdminUser },
            ["password"] = settings.AdminPassword.Reveal(),
            ["initial_device_display_name"] = "Hale provisioner",
        });
        if (answer.Text("access_token") is { } session)
            return session;
        throw answer.Status == 403
            ? new ProvisionError($"The account \"{settings.AdminUser}\" exists, and admin_password is not its password.",
                "Set the password back with Synapse's own tools, or set ADMIN_USER to a name that is free.")
            : Unexpected("to sign in", answer);
    }

    // A session that stays is a key that lies about. But failing to end it must not hide how the rest went.
    private async Task LogOutAsync(string session)
    {
        try
        {
            await homeserver.SendAsync(HttpMethod.Post, "/_matrix/client/v3/logout", [], session);
        }
        catch (ProvisionError error)
        {
            Console.Error.WriteLine($"The session of \"{settings.AdminUser}\" could not be ended. {error.Message}");
        }
    }

    /// <returns>False where the token was there and had only lapsed.</returns>
    private async Task<bool> MakeTokenAsync(string session)
    {
        var token = settings.RegistrationToken.Reveal();
        var made = await homeserver.SendAsync(HttpMethod.Post, "/_synapse/admin/v1/registration_tokens/new",
            new JsonObject { ["token"] = token }, session);
        if (made.Status == 200)
            return true;
        if (made.Status == 403)
            throw new ProvisionError($"The account \"{settings.AdminUser}\" is not an administrator of the homeserver.",
                "Somebody else took that name. Set ADMIN_USER to a name that is free.");
        // It exists, yet is not valid: it ran out of uses or of time. Lift both limits.
        if (made.Errcode != "M_INVALID_PARAM")
            throw Unexpected("to make the token", made);
        var lifted = await homeserver.SendAsync(HttpMethod.Put, $"/_synapse/admin/v1/registration_tokens/{token}",
            new JsonObject { ["uses_allowed"] = null, ["expiry_time"] = null }, session);
        return lifted.Status == 200 ? false : throw Unexpected("to make the token valid again", lifted);
    }

    // HMAC-SHA1 is what Synapse's admin API asks for ("Shared-Secret Registration" in its documentation).
    private string Mac(string nonce)
    {
        var message = string.Join('\0', nonce, settings.AdminUser, settings.AdminPassword.Reveal(), "admin");
#pragma warning disable CA5350
        var mac = HMACSHA1.HashData(Encoding.UTF8.GetBytes(settings.SharedSecret.Reveal()), Encoding.UTF8.GetBytes(message));
#pragma warning restore CA5350
        return Convert.ToHexStringLower(mac);
    }

    private static ProvisionError Unexpected(string question, Answer answer) => ProvisionError.Unexpected(question, answer);
}
