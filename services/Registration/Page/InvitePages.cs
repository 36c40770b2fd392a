using Registration.Admin;
using Registration.Invites;
using Registration.Rooms;
using Registration.Settings;

namespace Registration.Page;

/// <summary>The pages for administrators: sign in, the invites, and a new one, whose code is shown this once.</summary>
internal sealed class InvitePages(ServiceSettings settings, TimeProvider time)
{
    public const string Home = "/register/invites";

    private const string Minutes = "yyyy-MM-dd HH:mm";

    public Html SignIn(string user, string problem) => Layout.Of(settings, "Invites", Html.Of($"""
            <header>
              <h1>Invites</h1>
              <p class="lead">For those who look after <strong>{settings.ServerName}</strong>.</p>
            </header>
            <div id="notice" class="notice" role="alert">{problem}</div>
            <form method="post" action="{Home}/sign-in">
              <div class="field">
                <label for="user">User name</label>
                <div class="control"><input id="user" name="user" type="text" value="{user}" required autocomplete="username"
                  autocapitalize="none" autocorrect="off" spellcheck="false"></div>
              </div>
              <div class="field">
                <label for="password">Password</label>
                <div class="control"><input id="password" name="password" type="password" required autocomplete="current-password"></div>
                <p class="hint">Of your Matrix account. It is checked by the homeserver and kept nowhere.</p>
              </div>
              <button type="submit">Sign in</button>
            </form>
            <details class="aside">
              <summary>Sign in with an access token</summary>
              <form method="post" action="{Home}/sign-in">
                <div class="field">
                  <label for="token">Access token</label>
                  <div class="control"><input id="token" name="token" type="password" required autocomplete="off"></div>
                  <p class="hint">For accounts without a password. It stays yours: it is used once and not kept.</p>
                </div>
                <button type="submit" class="second">Sign in with the token</button>
              </form>
            </details>
        """));

    public Html Overview(AdminSession session, InviteForm form, IReadOnlyList<(Invite Invite, IReadOnlyList<InviteUse> Uses)> invites) =>
        Layout.Of(settings, "Invites", Html.Of($"""
            {Head(session, "Invites")}
            <form method="post" action="{Home}/create" class="new" aria-labelledby="new">
              <h2 id="new">New invite</h2>
              {Hidden(session)}<input type="hidden" name="form" value="{session.Form}">
              {Field(form, InviteField.Label, "label", "For whom", form.Label, "Only you see this.", Html.Of($"maxlength=\"{InviteRequest.LongestLabel}\""))}
              <div class="pair">
              {Field(form, InviteField.Uses, "uses", "Accounts", form.Uses, "How many it makes.", Html.Of($"inputmode=\"numeric\" required"))}
              {Field(form, InviteField.Expires, "expires", "Valid for", form.Expires, "12h, 7d, 2w or never.", Html.Of($"required"))}
              </div>
              <details{(form.UserName.Length + form.Rooms.Length > 0 ? Html.Of($" open") : Html.Empty)}>
                <summary>More</summary>
                {Field(form, InviteField.UserName, "user", "User name", form.UserName, "The one name that it is for. Empty leaves the choice.", Html.Of($"autocapitalize=\"none\" spellcheck=\"false\""))}
                {Field(form, InviteField.Rooms, "rooms", "Rooms", form.Rooms, "Rooms to join at once, such as #kitchen:example.org.", Html.Of($"autocapitalize=\"none\" spellcheck=\"false\""))}
              </details>
              <button type="submit">Make invite</button>
            </form>
            <section aria-labelledby="all">
              <h2 id="all">All invites</h2>
              <ul class="invites">{Html.Join(invites.Select(one => Item(session, one.Invite, one.Uses)))}</ul>
              {(invites.Count == 0 ? Html.Of($"<p class=\"hint\">There are none yet.</p>") : Html.Empty)}
            </section>
            """), wide: true);

    public Html Made(AdminSession session, Invite invite, string code, string link, IReadOnlyList<RoomNote> notes) => Layout.Of(settings, "New invite", Html.Of($"""
            {Head(session, "New invite")}
            <p class="lead" role="status">Pass it on now. The code is kept nowhere, and cannot be shown again.</p>
            <div class="made">
              <div class="qr-frame">{QrImage.Of(link)}</div>
              <dl>
                <div><dt>Link</dt><dd><code id="invite-link">{link}</code></dd></div>
                <div><dt>Code, to read out</dt><dd><code id="invite-code">{code}</code></dd></div>
                <div><dt><bdi>{(invite.Label.Length > 0 ? invite.Label : $"Invite {invite.Id}")}</bdi></dt>
                  <dd>{Accounts(invite)}, {(invite.Expires is { } end ? Html.Of($"""until <span class="when">{end.UtcDateTime.ToString(Minutes, null)} UTC</span>""") : Html.Of($"without end"))}</dd></div>
              </dl>
            </div>
            {Html.Join(notes.Select(note => Html.Of($"""<p class="hint missed">{note.Message} {note.Hint}</p>""")))}
            <a class="button" href="{Home}">Back to all invites</a>
        """), wide: true);

    private static Html Head(AdminSession session, string title) => Html.Of($"""
            <header class="bar">
              <h1>{title}</h1>
              <form method="post" action="{Home}/sign-out">{Hidden(session)}<span class="who">{session.UserId}</span>
                <button type="submit" class="quiet">Sign out</button></form>
            </header>
        """);

    private Html Item(AdminSession session, Invite invite, IReadOnlyList<InviteUse> uses)
    {
        var state = invite.StateAt(time.GetUtcNow());
        var isOver = state is not (InviteState.Open or InviteState.Busy);
        var name = invite.Label.Length > 0 ? invite.Label : $"Invite {invite.Id}";
        return Html.Of($"""

                <li{(isOver ? Html.Of($" class=\"over\"") : Html.Empty)}>
                  <div class="what"><strong><bdi>{name}</bdi></strong> <span class="state">{Word(state)}</span></div>
                  <p class="hint">{Count(invite)} · {(invite.Expires is { } end ? Html.Of($"""until <span class="when">{end.UtcDateTime.ToString(Minutes, null)}</span>""") : Html.Of($"without end"))} ·
                    by {invite.CreatedBy}{(invite.UserName is { } user ? $" · for {user}" : "")}{(invite.Rooms.Count > 0 ? $" · {string.Join(", ", invite.Rooms)}" : "")}</p>
                  {(uses.Count == 0 ? Html.Empty : Html.Of($"""<details><summary>Who came</summary><ul>{Html.Join(uses.Select(Use))}</ul></details>"""))}
                  {(isOver ? Html.Empty : Html.Of($"""
                    <form method="post" action="{Home}/revoke">{Hidden(session)}<input type="hidden" name="id" value="{invite.Id}">
                      <button type="submit" class="quiet danger" aria-label="Revoke {name}">Revoke</button></form>
                  """))}
                </li>
            """);
    }

    private static Html Use(InviteUse use) => Html.Of(
        $"<li>{use.UserName} <span class=\"hint\">{use.At.UtcDateTime.ToString(Minutes, null)}{(use.Pending ? ", not settled yet" : "")}{(use.Note.Length > 0 ? $", {use.Note}" : "")}</span></li>");

    private static Html Hidden(AdminSession session) => Html.Of($"""<input type="hidden" name="csrf" value="{session.Csrf}">""");

    private static Html Field(InviteForm form, InviteField field, string id, string label, string value, string hint, Html attributes)
    {
        var problem = form.At(field);
        return Html.Of($"""

                  <div class="field">
                    <label for="{id}">{label}</label>
                    <div class="control"><input id="{id}" name="{id}" type="text" value="{value}" autocomplete="off" {attributes}
                      aria-describedby="{id}-error {id}-hint"{(problem is null ? Html.Empty : Html.Of($""" aria-invalid="true" """))}></div>
                    <p class="error" id="{id}-error">{(problem is null ? "" : $"{problem.Message} {problem.Hint}")}</p>
                    <p class="hint" id="{id}-hint">{hint}</p>
                  </div>
            """);
    }

    private static string Count(Invite invite) => invite.Uses is { } uses ? $"{invite.Used} of {uses} used" : $"{invite.Used} used";

    private static string Accounts(Invite invite) => invite.Uses switch
    {
        null => "any number of accounts",
        1 => "one account",
        var uses => $"{uses} accounts",
    };

    private static string Word(InviteState state) => state switch
    {
        InviteState.UsedUp => "used up",
        InviteState.Busy => "in use",
        _ => state.ToString().ToLowerInvariant(),
    };
}
