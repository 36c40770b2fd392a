using System.Text.Json.Nodes;
using ServiceHost;

namespace MatrixProvisioner;

/// <summary>An account that somebody is signed in to.</summary>
/// <param name="UserId">Whose.</param>
/// <param name="AccessToken">The token of that session.</param>
internal sealed record Session(string UserId, SecretText AccessToken);

/// <summary>How signing in went.</summary>
/// <param name="Session">The session; null where the password is another, or the account is deactivated.</param>
/// <param name="Deactivated">Whether that was the reason.</param>
internal sealed record Entry(Session? Session, bool Deactivated);

/// <summary>
/// Makes accounts, signs in and deactivates, by the client API alone, so that it is the same at any homeserver (Matrix client-server
/// specification, "Account registration", "User-Interactive Authentication API").
/// </summary>
internal sealed class Accounts(Homeserver homeserver, SecretText registrationToken)
{
    private const string Client = "/_matrix/client/v3";
    private const string TokenStage = "m.login.registration_token";
    private const string DeviceName = "Hale";

    /// <summary>Whether the token still opens this very account.</summary>
    public async Task<bool> IsValidAsync(Session session)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Get, $"{Client}/account/whoami", null, session.AccessToken.Reveal());
        return answer.Status switch
        {
            200 => answer.Text("user_id") == session.UserId,
            401 or 403 => false,
            _ => throw Unexpected($"whose {session.UserId}'s token is", answer),
        };
    }

    /// <summary>Makes the account.</summary>
    /// <returns>Null where there is one of that name already.</returns>
    public async Task<Session?> RegisterAsync(string localPart, string userId, SecretText password)
    {
        JsonObject Request() => new()
        {
            ["username"] = localPart,
            ["password"] = password.Reveal(),
            ["initial_device_display_name"] = DeviceName,
        };
        var answer = await AuthenticatedAsync($"{Client}/register", Request, null, stage => stage switch
        {
            TokenStage => new JsonObject { ["token"] = registrationToken.Reveal() },
            "m.login.dummy" or "m.login.terms" => [],
            _ => null,
        });
        if (answer.Status == 200 && answer.Text("access_token") is { } token)
            return answer.Text("user_id") == userId
                ? new Session(userId, new SecretText(token))
                : throw new ProvisionError($"The homeserver made {answer.Text("user_id")} where {userId} was asked for.", "Is SERVER_NAME the homeserver's own server name?");
        // tuwunel says so at once, before anybody is asked for a token.
        if (answer.Errcode == "M_USER_IN_USE")
            return null;
        throw answer switch
        {
            { Errcode: "M_INVALID_USERNAME" or "M_EXCLUSIVE" } => new ProvisionError(
                $"The homeserver does not allow the name \"{localPart}\" ({answer.Errcode}).", "Give the agent another name."),
            { Status: 401 } => new ProvisionError("The homeserver does not accept the registration token.",
                "The credential registration_token must hold a token that is valid at the homeserver, for as many accounts as there are."),
            { Status: 403 } => new ProvisionError($"The homeserver does not let \"{localPart}\" register ({answer.Summary}).",
                "Registration must be open to whoever has the token."),
            _ => Unexpected($"to make {userId}", answer),
        };
    }

    /// <summary>Signs in.</summary>
    public async Task<Entry> LogInAsync(string localPart, string userId, SecretText password)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Post, $"{Client}/login", new JsonObject
        {
            ["type"] = "m.login.password",
            ["identifier"] = Identifier(localPart),
            ["password"] = password.Reveal(),
            ["initial_device_display_name"] = DeviceName,
        });
        return answer switch
        {
            { Status: 200 } when answer.Text("access_token") is { } token && answer.Text("user_id") == userId => new Entry(new Session(userId, new SecretText(token)), false),
            { Errcode: "M_USER_DEACTIVATED" } => new Entry(null, true),
            { Status: 403 } => new Entry(null, false),
            _ => throw Unexpected($"to let {userId} in", answer),
        };
    }

    /// <summary>Ends all sessions of the account, this one too: their tokens may lie about somewhere.</summary>
    public async Task LogOutEverywhereAsync(Session session)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Post, $"{Client}/logout/all", [], session.AccessToken.Reveal());
        if (answer.Status != 200)
            throw Unexpected($"to end {session.UserId}'s sessions", answer);
    }

    /// <summary>Deactivates the account, for good; what it said stays.</summary>
    public async Task DeactivateAsync(Session session, string localPart, SecretText password)
    {
        var answer = await AuthenticatedAsync($"{Client}/account/deactivate", () => new JsonObject { ["erase"] = false }, session, stage =>
            stage == "m.login.password" ? new JsonObject { ["identifier"] = Identifier(localPart), ["password"] = password.Reveal() } : null);
        if (answer.Status != 200)
            throw Unexpected($"to deactivate {session.UserId}", answer);
    }

    /// <summary>Whether no account has that name.</summary>
    public async Task<bool> IsFreeAsync(string localPart)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Get, $"{Client}/register/available?username={Uri.EscapeDataString(localPart)}");
        return answer switch
        {
            { Status: 200 } => true,
            { Status: 400 } => false,
            _ => throw Unexpected($"whether \"{localPart}\" is free", answer),
        };
    }

    /// <summary>Gives the account the name that others see, where it has another.</summary>
    /// <returns>Whether it had another.</returns>
    public async Task<bool> NameAsync(Session session, string displayName)
    {
        var path = $"{Client}/profile/{Uri.EscapeDataString(session.UserId)}/displayname";
        var answer = await homeserver.SendAsync(HttpMethod.Get, path, null, session.AccessToken.Reveal());
        if (answer.Status is not (200 or 404))
            throw Unexpected($"for {session.UserId}'s name", answer);
        if (answer.Text("displayname") == displayName)
            return false;
        answer = await homeserver.SendAsync(HttpMethod.Put, path, new JsonObject { ["displayname"] = displayName }, session.AccessToken.Reveal());
        return answer.Status == 200 ? true : throw Unexpected($"to name {session.UserId}", answer);
    }

    /// <summary>Goes through the stages that the homeserver names, in the first of its flows where each can be passed.</summary>
    /// <param name="path">What is asked for.</param>
    /// <param name="request">What the request says but for its authentication.</param>
    /// <param name="session">Who asks.</param>
    /// <param name="pass">What passes a stage, but for its type and session; null for one that cannot be passed.</param>
    private async Task<Answer> AuthenticatedAsync(string path, Func<JsonObject> request, Session? session, Func<string, JsonObject?> pass)
    {
        var answer = await homeserver.SendAsync(HttpMethod.Post, path, request(), session?.AccessToken.Reveal());
        // Bounded: no flow is that long.
        for (var round = 0; round < 8 && answer.Status == 401 && answer.Text("session") is { } uiaa; round++)
        {
            var completed = Names(answer.Body["completed"]);
            var flows = (answer.Body["flows"] as JsonArray ?? []).Select(flow => Names(flow?["stages"])).ToList();
            var flow = flows.FirstOrDefault(stages => stages.All(stage => pass(stage) is not null))
                ?? throw new ProvisionError(
                    $"The homeserver asks for what a machine cannot give: {string.Join(" or ", flows.Select(stages => string.Join(", ", stages)))}.",
                    "Leave it at m.login.registration_token.");
            // A stage that was passed and is asked for again was refused.
            if (answer.Errcode is not null || flow.FirstOrDefault(stage => !completed.Contains(stage)) is not { } next)
                return answer;
            var body = request();
            var auth = pass(next)!;
            (auth["type"], auth["session"]) = (next, uiaa);
            body["auth"] = auth;
            answer = await homeserver.SendAsync(HttpMethod.Post, path, body, session?.AccessToken.Reveal());
        }
        return answer;
    }

    private static JsonObject Identifier(string localPart) => new() { ["type"] = "m.id.user", ["user"] = localPart };

    private static List<string> Names(JsonNode? list) =>
        [.. (list as JsonArray ?? []).OfType<JsonValue>().Select(value => value.TryGetValue<string>(out var text) ? text : "")];

    private static ProvisionError Unexpected(string question, Answer answer) => ProvisionError.Unexpected(question, answer);
}
