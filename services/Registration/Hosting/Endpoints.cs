using System.Collections.Frozen;
using Registration.Checks;
using Registration.Invites;
using Registration.Limits;
using Registration.Page;
using Registration.Settings;
using ServiceHost;

namespace Registration.Hosting;

/// <summary>
/// The whole surface: these paths, to the letter, and nothing else. ASP.NET's own routing would take /register, /register/ and
/// /REGISTER for the same path; here they differ, so that a gateway's rules mean what they say.
/// </summary>
internal sealed class Endpoints
{
    private readonly ServiceSettings settings;
    private readonly Registrar registrar;
    private readonly AttemptLimiter limiter;
    private readonly Pages pages;
    private readonly FrozenDictionary<string, Endpoint> table;

    public Endpoints(ServiceSettings settings, Registrar registrar, AttemptLimiter limiter)
    {
        this.settings = settings;
        this.registrar = registrar;
        this.limiter = limiter;
        pages = new Pages(settings);
        table = new Dictionary<string, Endpoint>
        {
            ["/register"] = new(Get: http =>
            {
                http.Response.Redirect("/register/", permanent: true);
                return Task.CompletedTask;
            }),
            ["/register/"] = new(Get: http => Answers.HtmlAsync(http, 200, pages.Form(FormState.Fresh)), Post: PostFormAsync),
            ["/api/register"] = new(Post: PostJsonAsync),
            ["/healthz"] = new(Get: http => Answers.TextAsync(http, 200, "ok")),
            [Asset.Style.Path] = new(Get: http => Answers.AssetAsync(http, Asset.Style)),
            [Asset.Script.Path] = new(Get: http => Answers.AssetAsync(http, Asset.Script)),
            [Asset.Icon.Path] = new(Get: http => Answers.AssetAsync(http, Asset.Icon)),
        }.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public Task HandleAsync(HttpContext http)
    {
        SecurityHeaders.Apply(http.Response.Headers);
        if (!table.TryGetValue(http.Request.Path.Value ?? "", out var endpoint))
            return Answers.TextAsync(http, 404, "not found");
        if (endpoint.For(http.Request.Method) is { } handler)
            return handler(http);
        http.Response.Headers.Allow = endpoint.Allow;
        return Answers.TextAsync(http, 405, "method not allowed");
    }

    private async Task PostJsonAsync(HttpContext http)
    {
        var (outcome, _) = await AttemptAsync(http, asJson: true);
        Answers.RetryAfter(http, outcome);
        await Answers.OutcomeAsync(http, outcome);
    }

    private async Task PostFormAsync(HttpContext http)
    {
        var (outcome, request) = await AttemptAsync(http, asJson: false);
        Answers.RetryAfter(http, outcome);
        await (outcome switch
        {
            Outcome.Created created => Answers.HtmlAsync(http, 200, pages.Success(created.UserId)),
            Outcome.Refused refused => Answers.HtmlAsync(http, refused.First.Status,
                pages.Form(new FormState(request?.Username ?? "", request?.InviteCode ?? "", refused.Refusals))),
            _ => throw new InvalidOperationException($"No page for {outcome}."),
        });
    }

    private async Task<(Outcome Outcome, RegistrationRequest? Request)> AttemptAsync(HttpContext http, bool asJson)
    {
        // Browsers say where a form came from. Another site must not make its visitors guess codes, each from his own address.
        if (http.Request.Headers["Sec-Fetch-Site"] == "cross-site")
            return (new Outcome.Refused(Refusals.ForeignSite), null);
        if (RequestBody.WrongType(http.Request, asJson) is { } wrongType)
            return (new Outcome.Refused(wrongType), null);

        var client = ClientAddress.Find(http.Connection.RemoteIpAddress, http.Request.Headers["X-Forwarded-For"], settings.TrustedProxies);
        if (limiter.Attempt(ClientAddress.Key(client)) is { } wait)
            return (new Outcome.Refused(Refusals.TooMany(wait)), null);

        var (request, unreadable) = await RequestBody.ReadAsync(http.Request, asJson);
        return unreadable is not null
            ? (new Outcome.Refused(unreadable), null)
            : (await registrar.RegisterAsync(request!, client, asJson ? "API" : "page"), request);
    }

    private sealed record Endpoint(RequestDelegate? Get = null, RequestDelegate? Post = null)
    {
        public string Allow => string.Join(", ", new[] { Get is null ? null : "GET, HEAD", Post is null ? null : "POST" }.OfType<string>());

        public RequestDelegate? For(string method) => method switch
        {
            "GET" or "HEAD" => Get,
            "POST" => Post,
            _ => null,
        };
    }
}
