using Registration.Checks;
using Registration.Homeserver;
using Registration.Hosting;
using Registration.Invites;
using Registration.Limits;
using Registration.Page;
using Registration.Rooms;
using Registration.Settings;
using ServiceHost;

namespace Registration.Admin;

/// <summary>
/// The pages for administrators. Every form names the session's own secret, and browsers say where a form came from: another site can
/// neither make nor revoke an invite, nor sign anybody in.
/// </summary>
internal sealed class InviteEndpoints(
    ServiceSettings settings, InviteBook book, AdminSessions sessions, Inviter inviter, NameLookup names, SignIn signIn, AttemptLimiter limiter,
    TimeProvider time, ILogger log)
{
    private const string Home = InvitePages.Home;
    private const string Cookie = "hale_invites";

    private readonly InvitePages pages = new(settings, time);

    public IEnumerable<(string Path, PathEndpoint Endpoint)> Table() =>
    [
        (Home, new(Get: ShowAsync)),
        ($"{Home}/sign-in", new(Get: BackAsync, Post: SignInAsync)),
        ($"{Home}/sign-out", new(Get: BackAsync, Post: WithSessionAsync((http, _, _) => SignOutAsync(http)))),
        ($"{Home}/create", new(Get: BackAsync, Post: WithSessionAsync(CreateAsync))),
        ($"{Home}/revoke", new(Get: BackAsync, Post: WithSessionAsync(RevokeAsync))),
    ];

    private Task ShowAsync(HttpContext http) => sessions.Find(CookieOf(http)) is { } session
        ? Answers.HtmlAsync(http, 200, Overview(session, InviteForm.Fresh))
        : Answers.HtmlAsync(http, 200, pages.SignIn("", ""));

    private static Task BackAsync(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status303SeeOther;
        http.Response.Headers.Location = Home;
        return Task.CompletedTask;
    }

    private async Task SignInAsync(HttpContext http)
    {
        if (await FormAsync(http) is not { } form)
            return;
        var user = form["user"].ToString().Trim();
        var client = ClientAddress.Find(http.Connection.RemoteIpAddress, http.Request.Headers["X-Forwarded-For"], settings.TrustedProxies);
        if (limiter.Attempt(ClientAddress.Key(client)) is { } wait)
        {
            await Answers.HtmlAsync(http, 429, pages.SignIn(user, Refusals.TooMany(wait).Sentence));
            return;
        }
        var (token, password) = (form["token"].ToString().Trim(), form["password"].ToString());
        var signedIn = token.Length > 0 ? await signIn.WithTokenAsync(token, client)
            : user.Length == 0 || password.Length == 0 ? new(null, "Enter your user name and password.", 400)
            : await signIn.WithPasswordAsync(user, password, client);
        if (signedIn.UserId is not { } userId)
        {
            await Answers.HtmlAsync(http, signedIn.Status, pages.SignIn(user, signedIn.Problem));
            return;
        }
        log.SignedIn(userId);
        http.Response.Cookies.Append(Cookie, sessions.Open(userId), CookieOptions());
        await BackAsync(http);
    }

    private Task SignOutAsync(HttpContext http)
    {
        sessions.Close(CookieOf(http)!);
        http.Response.Cookies.Delete(Cookie, CookieOptions());
        return BackAsync(http);
    }

    private async Task CreateAsync(HttpContext http, AdminSession session, IFormCollection form)
    {
        var wanted = InviteForm.Read(form);
        if (wanted.Problems.Count == 0 && await names.AgainstAsync(wanted.Request) is { } against)
            wanted = wanted with { Problems = [against] };
        if (wanted.Problems.Count > 0)
        {
            await Answers.HtmlAsync(http, 400, Overview(session, wanted));
            return;
        }
        // The page that shows the code is an answer to a form: loading it again sends the form again, and must make no second invite.
        if (sessions.UseForm(CookieOf(http)!, form["form"].ToString(), () => MakeAsync(session, wanted.Request, http.Request.Host)) is { } made)
            await Answers.HtmlAsync(http, 200, await made);
        else
            await BackAsync(http);
    }

    private async Task<Html> MakeAsync(AdminSession session, InviteRequest request, HostString askedAt)
    {
        var notes = await inviter.LookAsync(request.Rooms);
        var (invite, code) = book.Create(request, session.UserId);
        log.InviteMade(session.UserId, invite.Id);
        return pages.Made(session, invite, code, InviteLink.Of(settings.SeenAt(askedAt).PageUrl, code, invite.UserName), notes);
    }

    private Task RevokeAsync(HttpContext http, AdminSession session, IFormCollection form)
    {
        var id = form["id"].ToString();
        if (book.Revoke(id) == true)
            log.InviteRevoked(session.UserId, id);
        return BackAsync(http);
    }

    private Html Overview(AdminSession session, InviteForm form) =>
        pages.Overview(session, form, [.. book.All().Select(invite => (invite, (IReadOnlyList<InviteUse>)book.Uses(invite.Id)))]);

    private RequestDelegate WithSessionAsync(Func<HttpContext, AdminSession, IFormCollection, Task> work) => async http =>
    {
        if (await FormAsync(http) is not { } form)
            return;
        if (sessions.Find(CookieOf(http)) is not { } session || !session.Vouches(form["csrf"].ToString()))
            await Answers.HtmlAsync(http, 403, pages.SignIn("", "You are not signed in any more. Please sign in again."));
        else
            await work(http, session, form);
    };

    /// <summary>The form; null where it was refused and answered.</summary>
    private async Task<IFormCollection?> FormAsync(HttpContext http)
    {
        if (http.Request.Headers["Sec-Fetch-Site"] is { Count: > 0 } site && site != "same-origin" && site != "none")
        {
            await Answers.HtmlAsync(http, 403, pages.SignIn("", Refusals.ForeignSite.Sentence));
            return null;
        }
        if (RequestBody.WrongType(http.Request, asJson: false) is not null)
        {
            await Answers.HtmlAsync(http, 415, pages.SignIn("", Refusals.InvalidBody.Sentence));
            return null;
        }
        var (form, refusal) = await RequestBody.FormAsync(http.Request);
        if (refusal is not null)
            await Answers.HtmlAsync(http, refusal.Status, pages.SignIn("", refusal.Sentence));
        return form;
    }

    private static string? CookieOf(HttpContext http) => http.Request.Cookies[Cookie];

    private static CookieOptions CookieOptions() => new() { HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = Home };
}
