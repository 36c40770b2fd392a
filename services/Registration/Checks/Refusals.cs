namespace Registration.Checks;

/// <summary>Every reason for a refusal, once for programs and once for people.</summary>
internal static class Refusals
{
    public static Refusal InvalidBody { get; } =
        new(400, "invalid request body", "The form did not arrive whole. Please send it again.");

    public static Refusal InvalidCode { get; } =
        new(403, "invalid invite code", "This invite code is not valid. Check it with whoever invited you.", FormField.InviteCode);

    public static Refusal InviteNeeded { get; } =
        new(403, "an invite is needed first", "An invite is needed first: its code is the registration token.", FormField.InviteCode);

    public static Refusal InviteRevoked { get; } =
        new(403, "invite revoked", "This invite was taken back. Ask whoever invited you for a new one.", FormField.InviteCode);

    public static Refusal InviteExpired { get; } =
        new(403, "invite expired", "This invite has expired. Ask whoever invited you for a new one.", FormField.InviteCode);

    public static Refusal InviteUsedUp { get; } =
        new(403, "invite used up", "This invite was used already. Ask whoever invited you for another.", FormField.InviteCode);

    public static Refusal InviteBusy { get; } =
        new(409, "invite is being used at this moment",
            "Somebody is using this invite at this moment. Please try again in a minute.", FormField.InviteCode)
        { RetryAfter = TimeSpan.FromMinutes(1) };

    public static Refusal NameBusy { get; } =
        new(409, "user name is being registered at this moment",
            "Somebody is registering this name at this moment. Choose another, or try again in a minute.", FormField.Username)
        { RetryAfter = TimeSpan.FromMinutes(1) };

    public static Refusal NameReserved { get; } =
        new(400, "user name is reserved", "This name is reserved. Choose another.", FormField.Username);

    public static Refusal UsernameMissing { get; } =
        new(400, "username and password are required", "Choose a user name.", FormField.Username);

    public static Refusal PasswordMissing { get; } =
        new(400, "username and password are required", "Choose a password.", FormField.Password);

    public static Refusal UsernameNotAllowed { get; } =
        new(400, "username must be 1 to 255 characters of a-z, 0-9 and . _ = - /",
            "Use only the letters a to z, digits and . _ = - /", FormField.Username);

    public static Refusal PasswordTooShort { get; } =
        new(400, "password must be at least 8 characters", "Use at least 8 characters.", FormField.Password);

    public static Refusal PasswordTooLong { get; } =
        new(400, "password must be at most 512 characters", "Use at most 512 characters.", FormField.Password);

    public static Refusal BodyTooLarge { get; } = new(413, "request body too large", "That is more than this form can hold.");

    public static Refusal BodyTooSlow { get; } =
        new(408, "request body took too long", "The form took too long to arrive. Please send it again.");

    public static Refusal ForeignSite { get; } =
        new(403, "cross-site request refused", "This form was sent from another site. Open this page itself and try again.");

    public static Refusal HomeserverAway { get; } =
        new(502, "failed to contact homeserver", "The homeserver cannot be reached at the moment. Please try again in a few minutes.");

    /// <summary>It was asked, and may make the account yet.</summary>
    public static Refusal HomeserverSlow { get; } = HomeserverAway with
    {
        Sentence = "The homeserver takes long to answer, and may make your account yet. Wait a few minutes, then see whether you can sign in before you try again.",
    };

    public static Refusal HomeserverStrange { get; } =
        new(502, "unexpected response from homeserver",
            "The homeserver gave an answer that makes no sense here. Please tell whoever runs it.");

    public static Refusal TokenNotAccepted { get; } =
        new(502, "homeserver did not accept the registration token",
            "The homeserver does not let this page make accounts. Please tell whoever runs it.");

    /// <summary>What is said where the same invite has made that account: it may be of whoever asks, who did not hear of it.</summary>
    public static string MadeBefore(string userName) =>
        $"This name is taken: the account “{userName}” was made with this invite. If it is yours, sign in with the password that you chose; otherwise choose another name.";

    public static Refusal InviteOfAnother(string userName) =>
        new(403, "invite is for another user name", $"This invite is for the user name “{userName}”.", FormField.Username);

    public static Refusal WrongContentType(string expected) =>
        new(415, $"content type must be {expected}", "This form was sent in a way that is not understood here.");

    public static Refusal StepNotPossible(string stages) =>
        new(502, $"homeserver asks for a step that this page cannot do: {stages}",
            $"The homeserver asks for a step that this page cannot do ({stages}). Please tell whoever runs it.");

    public static Refusal TooMany(TimeSpan wait) =>
        new(429, "too many attempts", $"Too many attempts. Please try again in {InWords(wait)}.") { RetryAfter = wait };

    private static string InWords(TimeSpan wait) => Math.Ceiling(wait.TotalSeconds) switch
    {
        <= 1 => "a second",
        <= 90 and var seconds => $"{seconds} seconds",
        var seconds => $"{Math.Ceiling(seconds / 60)} minutes",
    };
}
