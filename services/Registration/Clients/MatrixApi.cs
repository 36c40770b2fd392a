using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Homeserver;
using Registration.Hosting;
using Registration.Invites;
using Registration.Limits;
using Registration.Settings;
using ServiceHost;

namespace Registration.Clients;

/// <summary>The paths of the homeserver that the gateway leads here (Matrix client-server API, "Account registration").</summary>
internal sealed class MatrixApi(
    ServiceSettings settings, ClientRegistrar registrar, Doorkeeper door, HomeserverHttp http, AttemptLimiter limiter)
{
    private const string ApplicationService = "m.login.application_service";
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    public IEnumerable<(string Path, PathEndpoint Endpoint)> Table()
    {
        foreach (var version in (string[])["v3", "r0"])
            yield return ($"/_matrix/client/{version}/register", new(Post: http => AnswerAsync(http, RegisterAsync), Options: PreflightAsync));
        yield return ("/_matrix/client/v1/register/m.login.registration_token/validity",
            new(Get: http => AnswerAsync(http, ValidityAsync), Options: PreflightAsync));
    }

    /// <summary>Whether a client of Matrix asks, which reads errors of Matrix alone.</summary>
    public static bool IsPath(HttpContext context) => context.Request.Path.Value?.Contains("/_matrix/", StringComparison.OrdinalIgnoreCase) ?? false;

    /// <summary>There is no such path or method here (Matrix specification, "API Standards").</summary>
    public static Task UnrecognizedAsync(HttpContext context, int status, string why) =>
        AnswerAsync(context, _ => Task.FromResult(ClientAnswer.Error(status, "M_UNRECOGNIZED", why)));

    private async Task<ClientAnswer> RegisterAsync(HttpContext context)
    {
        if (context.Request.Query["kind"].ToString() is { Length: > 0 } kind and not "user")
            return kind == "guest"
                ? ClientAnswer.Error(403, "M_GUEST_ACCESS_FORBIDDEN", "This server has no guests.")
                : ClientAnswer.Error(400, "M_INVALID_PARAM", "kind is user or guest.");
        var (body, unreadable) = await ReadAsync(context);
        if (body is null)
            return unreadable!;
        if (body["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String && type.GetValue<string>() == ApplicationService)
            return await ForApplicationServiceAsync(context, body);
        var client = Client(context);
        return limiter.Attempt(ClientAddress.Key(client), Effort.ClientRequest) is { } wait
            ? ClientAnswer.Of(Refusals.TooMany(wait))
            : await registrar.RegisterAsync(body, client);
    }

    private Task<ClientAnswer> ValidityAsync(HttpContext context)
    {
        var client = Client(context);
        if (limiter.Attempt(ClientAddress.Key(client), Effort.ClientRequest) is { } wait)
            return Task.FromResult(ClientAnswer.Of(Refusals.TooMany(wait)));
        if (context.Request.Query["token"].ToString() is not { Length: > 0 } token)
            return Task.FromResult(ClientAnswer.Error(400, "M_MISSING_PARAM", "token is missing."));
        var (invite, refusal) = door.Judge(token, client);
        return Task.FromResult(refusal is { Status: 429 } ? ClientAnswer.Of(refusal) : new(200, new JsonObject { ["valid"] = invite is not null }));
    }

    /// <summary>
    /// A bridge makes its users with a token of its own, which the homeserver knows; an invite is no part of it. A homeserver counts none of
    /// its requests, and would let tokens be guessed here as fast as it answers.
    /// </summary>
    private async Task<ClientAnswer> ForApplicationServiceAsync(HttpContext context, JsonObject body)
    {
        const string scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return ClientAnswer.Error(401, "M_MISSING_TOKEN", "An application service must send its token.");
        var client = Client(context);
        var key = ClientAddress.Key(client);
        if ((limiter.Wait(key, Effort.WrongToken) ?? limiter.Attempt(key, Effort.ApplicationService)) is { } wait)
            return ClientAnswer.Of(Refusals.TooMany(wait));
        var token = header[scheme.Length..].Trim();
        try
        {
            // What no header can hold is no token.
            var answer = token.All(character => character is >= ' ' and < '\x7f')
                ? ClientAnswer.Of(await http.SendAsync(HttpMethod.Post, HomeserverClient.RegisterPath, body, client, new SecretText(token)))
                : ClientAnswer.Error(401, "M_UNKNOWN_TOKEN", "Unrecognised access token.");
            if (answer.Status is 401 or 403)
                limiter.Attempt(key, Effort.WrongToken);
            return answer;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return ClientAnswer.Of(Refusals.HomeserverAway);
        }
    }

    private static async Task<(JsonObject? Body, ClientAnswer? Unreadable)> ReadAsync(HttpContext context)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        limit.CancelAfter(Longest);
        try
        {
            // Clients have always been free not to name the type of their JSON.
            return await JsonNode.ParseAsync(context.Request.Body, null, Strict, limit.Token) is JsonObject body
                ? (Decoded(body), null)
                : (null, ClientAnswer.Error(400, "M_BAD_JSON", "The body must be a JSON object."));
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, ClientAnswer.Error(413, "M_TOO_LARGE", "That is more than registration takes."));
        }
        catch (Exception error) when (RequestBody.IsTooSlow(error))
        {
            return (null, ClientAnswer.Error(408, "M_UNKNOWN", "The request took too long to arrive."));
        }
        catch (Exception error) when (error is JsonException or IOException or InvalidOperationException)
        {
            return (null, ClientAnswer.Error(400, "M_NOT_JSON", "The body is not JSON."));
        }
    }

    private static async Task AnswerAsync(HttpContext context, Func<HttpContext, Task<ClientAnswer>> answer)
    {
        AllowAnyOrigin(context);
        var (status, body) = await answer(context);
        if (body["retry_after_ms"] is JsonValue wait && wait.TryGetValue<long>(out var milliseconds))
            context.Response.Headers.RetryAfter = Math.Max(1, (milliseconds + 999) / 1000).ToString("0", null);
        await Answers.JsonAsync(context, status, body);
    }

    /// <summary>What browsers ask before a page of another site may register (client-server API, "Web Browser Clients").</summary>
    private static Task PreflightAsync(HttpContext context)
    {
        AllowAnyOrigin(context);
        context.Response.Headers.AccessControlAllowMethods = "GET, POST, PUT, DELETE, OPTIONS";
        context.Response.Headers.AccessControlAllowHeaders = "X-Requested-With, Content-Type, Authorization";
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static void AllowAnyOrigin(HttpContext context)
    {
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.Headers.Remove("Cross-Origin-Resource-Policy");
    }

    private IPAddress? Client(HttpContext context) =>
        ClientAddress.Find(context.Connection.RemoteIpAddress, context.Request.Headers["X-Forwarded-For"], settings.TrustedProxies);

    /// <summary>Looks at every text: half a surrogate pair, or what is no UTF-8, is found only then.</summary>
    private static JsonObject Decoded(JsonObject body)
    {
        Look(body);
        return body;

        static void Look(JsonNode? node)
        {
            if (node is JsonObject fields)
                foreach (var (_, field) in fields)
                    Look(field);
            else if (node is JsonArray items)
                foreach (var item in items)
                    Look(item);
            else if (node?.GetValueKind() == JsonValueKind.String)
                node.GetValue<string>();
        }
    }
}
