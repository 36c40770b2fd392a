using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Matrix;
using ServiceHost;

namespace Companion.Account;

/// <summary>
/// Makes the assistant's account where it is missing, signs in, and leaves the access token in a file. The assistant itself never sees
/// the registration token or the password. Cut at any point, it goes on the next time.
/// </summary>
internal sealed class AccountMaker(AccountSettings settings, HttpClient http, TimeProvider time)
{
    private const string V3 = "/_matrix/client/v3";
    private const string RegistrationToken = "m.login.registration_token";
    private static readonly string[] Known = [RegistrationToken, "m.login.dummy"];

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
        PrivateFile.Write(settings.AccessTokenFile, Encoding.UTF8.GetBytes(token));
        return $"{settings.UserId} is signed in.";
    }

    private MatrixClient Client(string token = "") => new(http, settings.HomeserverUrl, new SecretText(token), time);

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
            }, stop, MatrixClient.AttemptsAtStart);
            return answer.Text("access_token");
        }
        catch (MatrixException error) when (error.Status == 403)
        {
            return null;
        }
    }

    // User-interactive authentication: the first answer names the flows and the session (specification v1.11).
    private async Task RegisterAsync(CancellationToken stop)
    {
        var (status, answer) = await StageAsync(null, stop);
        var done = new HashSet<string>();
        while (status != 200)
        {
            // What is missing in the flow that can be gone, of those that the homeserver names.
            var flows = answer.Items("flows").Select(flow => flow.Texts("stages").ToList()).ToList();
            var stage = flows.Find(flow => flow.All(Known.Contains))?.Find(name => !done.Contains(name));
            if (stage is null)
                throw new MatrixException(status, answer.Text("errcode") ?? "", done.Count > 0 && answer.Text("error") is { } why ? why : Asking(flows));
            var auth = new JsonObject { ["type"] = stage, ["session"] = answer.Text("session") ?? "" };
            if (stage == RegistrationToken)
                auth["token"] = settings.RegistrationToken.Reveal();
            (status, answer) = await StageAsync(auth, stop);
            if (status != 200 && answer.Text("error") is { } error && !answer.Texts("completed").Contains(stage))
                throw new MatrixException(status, answer.Text("errcode") ?? "",
                    stage == RegistrationToken ? $"{error} Does the homeserver know the registration token?" : error);
            done.Add(stage);
        }
    }

    private string Asking(IEnumerable<List<string>> flows) =>
        $"To make an account, the homeserver asks for {string.Join(", or ", flows.Select(flow => string.Join(" and ", flow)))}; "
        + $"a program can do {string.Join(" and ", Known)}. Change what it asks for, or make the account {settings.UserId} by hand, "
        + "with the password that the machine made.";

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
            return (200, await Client().SendAsync(HttpMethod.Post, $"{V3}/register", body, stop, MatrixClient.AttemptsAtStart));
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
}
