using Registration.Checks;

namespace Registration.Page;

/// <summary>
/// The fields of the form: a label, the input, a hint, and the place of its error. The sentences that the script shows without
/// asking the server stand in data attributes, so that they are written once.
/// </summary>
internal static class Fields
{
    public static Html Username(FormState state, string serverName) => Field(state.At(FormField.Username), "username", "User name",
        Html.Of($"""People will find you as <span id="preview">@name:{serverName}</span>"""),
        Html.Of($"""
            name="username" type="text" value="{state.Username}" required maxlength="{FormChecks.LongestUsername}"
                  pattern="\s*[A-Za-z0-9._=\-\/]+\s*" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false"
                  title="{Refusals.UsernameNotAllowed.Sentence}"
                  data-missing="{Refusals.UsernameMissing.Sentence}" data-mismatch="{Refusals.UsernameNotAllowed.Sentence}"
            """));

    public static Html Password(FormState state) => Field(state.At(FormField.Password), "password", "Password",
        Html.Of($"At least {FormChecks.ShortestPassword} characters. A few unrelated words are easy to remember."),
        Html.Of($"""
            name="password" type="password" required minlength="{FormChecks.ShortestPassword}" autocomplete="new-password"
                  data-missing="{Refusals.PasswordMissing.Sentence}" data-short="{Refusals.PasswordTooShort.Sentence}"
            """));

    public static Html InviteCode(FormState state) => Field(state.At(FormField.InviteCode), "invite_code", "Invite code",
        Html.Of($"From whoever invited you.<noscript> In a link it is what follows “code=”.</noscript>"),
        Html.Of($"""
            name="invite_code" type="text" value="{state.InviteCode}" required autocomplete="off" autocapitalize="none"
                  autocorrect="off" spellcheck="false" data-missing="Enter your invite code."
            """));

    private static Html Field(Refusal? refusal, string id, string label, Html hint, Html attributes) => Html.Of($"""

              <div class="field">
                <label for="{id}">{label}</label>
                <div class="control"><input id="{id}" {attributes}
                  aria-describedby="{id}-error {id}-hint"{(refusal is null ? Html.Empty : Html.Of($""" aria-invalid="true" """))}></div>
                <p class="error" id="{id}-error" aria-live="polite">{refusal?.Sentence}</p>
                <p class="hint" id="{id}-hint">{hint}</p>
              </div>
        """);
}
