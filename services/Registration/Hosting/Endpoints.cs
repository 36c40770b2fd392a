using System.Net;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Clients;
using Registration.Homeserver;
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
    private readonly NameLookup names;
    private readonly AttemptLimiter limiter;
    private readonly Dictionary<string, PathEndpoint> table;

    /// <param name="others">The paths of other rooms: Matrix clients', administrators'.</param>
    public Endpoints(
        ServiceSettings settings, Registrar registrar, NameLookup names, AttemptLimiter limiter,
        IEnumerable<(string Path, PathEndpoint Endpoint)> others)
    {
        this.names = names;
        this.settings = settings;
        this.registrar = registrar;
        this.limiter = limiter;
        var own = new Dictionary<string, PathEndpoint>
        {
            ["/register"] = new(Get: http =>
            {
                http.Response.Redirect("/register/", permanent: true);
                return Task.CompletedTask;
            }),
            ["/register/"] = new(Get: http => Answers.HtmlAsync(http, 200, PagesFor(http).Form(FormState.Fresh)), Post: PostFormAsync),
            ["/register/available"] = new(Get: AvailableAsync),
            ["/api/register"] = new(Post: PostJsonAsync),
            ["/healthz"] = new(Get: http => Answers.TextAsync(http, 200, "ok")),
            [Asset.Style.Path] = new(Get: http => Answers.AssetAsync(http, Asset.Style)),
            [Asset.Script.Path] = new(Get: http => Answers.AssetAsync(http, Asset.Script)),
            [Asset.Icon.Path] = new(Get: http => Answers.AssetAsync(http, Asset.Icon)),
        };
        table = own.Select(one => (one.Key, one.Value)).Concat(others)
            .ToDictionary(one => one.Item1, one => one.Item2, StringComparer.Ordinal);
    }

    public Task HandleAsync(HttpContext http)
    {
        SecurityHeaders.Apply(http.Response.Headers);
        if (!table.TryGetValue(http.Request.Path.Value ?? "", out var endpoint))
            return NothingAsync(http, 404, "not found");
        if (endpoint.For(http.Request.Method) is { } handler)
            return handler(http);
        http.Response.Headers.Allow = endpoint.Allow;
        return NothingAsync(http, 405, "method not allowed");
    }

    private Pages PagesFor(HttpContext http) => new(settings.SeenAt(http.Request.Host));

    private static Task NothingAsync(HttpContext http, int status, string why) =>
        MatrixApi.IsPath(http) ? MatrixApi.UnrecognizedAsync(http, status, why) : Answers.TextAsync(http, status, why);

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
            Outcome.Created created => Answers.HtmlAsync(http, 200, PagesFor(http).Success(created.UserId, created.MissedRooms)),
            Outcome.Refused refused => Answers.HtmlAsync(http, refused.First.Status,
                PagesFor(http).Form(new FormState(request?.Username ?? "", request?.InviteCode ?? "", refused.Refusals))),
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

        var client = Client(http);
        var wait = limiter.Attempt(ClientAddress.Key(client));
        var (request, unreadable) = await RequestBody.ReadAsync(http.Request, asJson);
        // Whoever has to wait gets back what he wrote: a code that came by a link stands nowhere else.
        return wait is { } time ? (new Outcome.Refused(Refusals.TooMany(time)), request)
            : unreadable is not null ? (new Outcome.Refused(unreadable), null)
            : (await registrar.RegisterAsync(request!, client, asJson ? "API" : "page"), request);
    }

    /// <summary>Whether a name can be had, for the page while somebody types; what it cannot tell it leaves open.</summary>
    private async Task AvailableAsync(HttpContext http)
    {
        var client = Client(http);
        var username = FormChecks.Username(new RegistrationRequest { Username = http.Request.Query["username"] });
        var (available, why) = await names.LookAsync(username, client, ask: limiter.Attempt(ClientAddress.Key(client), Effort.NameCheck) is null);
        var answer = new JsonObject { ["available"] = available };
        if (why.Length > 0)
            answer["error"] = why;
        await Answers.JsonAsync(http, 200, answer);
    }

    private IPAddress? Client(HttpContext http) =>
        ClientAddress.Find(http.Connection.RemoteIpAddress, http.Request.Headers["X-Forwarded-For"], settings.TrustedProxies);
}
