using Registration.Checks;
using Registration.Settings;

namespace Registration.Page;

/// <summary>What the form shows again after a refusal. Never the password.</summary>
internal sealed record FormState(string Username, string InviteCode, IReadOnlyList<Refusal> Refusals)
{
    public static FormState Fresh { get; } = new("", "", []);

    public Refusal? At(FormField field) => Refusals.FirstOrDefault(refusal => refusal.Field == field);
}

/// <summary>The two pages that there are: the form, and the account it made.</summary>
internal sealed class Pages(ServiceSettings settings)
{
    public Html Form(FormState state) => Layout.Of(settings, "Create your account", Html.Of($"""
            <header>
              <h1>Create your account</h1>
              <p class="lead">You have been invited to <strong>{settings.ServerName}</strong>.</p>
            </header>
            {Notice(state.At(FormField.None))}
            <form method="post" action="/register/" data-server="{settings.ServerName}">
              {Fields.Username(state, settings.ServerName)}
              {Fields.Password(state)}
              {Fields.InviteCode(state)}
              <button type="submit">Create account</button>
            </form>
            <p class="aside">Already have an account? {SignInHint()}</p>
        """));

    public Html Success(string userId, IReadOnlyList<string> missedRooms) => Layout.Of(settings, "Welcome", Html.Of($"""
            <header>
              <svg class="tick" viewBox="0 0 48 48" aria-hidden="true">
                <circle cx="24" cy="24" r="22"/><path d="M15 24.5l6.5 6.5L34 18"/>
              </svg>
              <h1 tabindex="-1">Welcome</h1>
              <p class="lead">Your account is ready.</p>
            </header>
            <dl>
              <div><dt>Your user id</dt><dd><code id="user-id">{userId}</code></dd></div>
              <div><dt>Your homeserver</dt><dd><code id="homeserver">{settings.HomeserverPublicUrl}</code></dd></div>
            </dl>
            {WebClientButton()}
            {Missed(missedRooms)}
            <section>
              <h2>{(settings.WebClientUrl is null ? "Sign in with a Matrix app" : "Or use another Matrix app")}</h2>
              <ol>
                <li>Get any <a href="https://matrix.org/ecosystem/clients/" rel="noopener noreferrer" target="_blank">Matrix app</a>
                  for your phone or computer, such as Element X, FluffyChat or Cinny.</li>
                <li>When it asks for a homeserver (often under “change server” or “other”), enter
                  <code>{settings.HomeserverPublicUrl}</code></li>
                <li>Sign in as <code>{userId}</code> with the password you just chose.</li>
              </ol>
            </section>
        """));

    private Html SignInHint() => settings.WebClientUrl is { } url
        ? Html.Of($"""<a href="{url.AbsoluteUri}">Sign in</a>""")
        : Html.Of($"""Sign in with any Matrix app at <code>{settings.HomeserverPublicUrl}</code>""");

    private Html WebClientButton() => settings.WebClientUrl is { } url
        ? Html.Of($"""<a class="button" id="web-client" href="{url.AbsoluteUri}">Open {settings.WebClientName ?? "the web app"}</a>""")
        : Html.Empty;

    private static Html Missed(IReadOnlyList<string> rooms) => rooms.Count == 0 ? Html.Empty : Html.Of(
        $"""<p class="hint missed">You could not be brought into {string.Join(", ", rooms)}. Ask whoever invited you.</p>""");

    // The region is there from the start, empty: screen readers announce what appears in it.
    private static Html Notice(Refusal? refusal) => Html.Of($"""<div id="notice" class="notice" role="alert" tabindex="-1">{refusal?.Sentence}</div>""");
}
