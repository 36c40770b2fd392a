namespace Registration.Checks;

/// <summary>What can be said about a request without asking anybody.</summary>
internal static class FormChecks
{
    public const int LongestUsername = 255;
    public const int ShortestPassword = 8;

    /// <summary>Synapse takes no longer one, and says only that it is invalid.</summary>
    public const int LongestPassword = 512;

    /// <summary>The name as the homeserver will know it.</summary>
    public static string Username(RegistrationRequest request) => (request.Username ?? "").Trim().ToLowerInvariant();

    /// <summary>All problems, in the order in which the API reports them.</summary>
    public static IEnumerable<Refusal> Problems(RegistrationRequest request)
    {
        var username = Username(request);
        var password = request.Password ?? "";
        if (username.Length == 0)
            yield return Refusals.UsernameMissing;
        if (password.Length == 0)
            yield return Refusals.PasswordMissing;
        if (username.Length > 0 && !IsUsername(username))
            yield return Refusals.UsernameNotAllowed;
        if (password.Length is > 0 and < ShortestPassword)
            yield return Refusals.PasswordTooShort;
        if (password.Length > LongestPassword)
            yield return Refusals.PasswordTooLong;
    }

    /// <summary>Whether it is the local part of a user id that people may have.</summary>
    public static bool IsUsername(string name) => name.Length is > 0 and <= LongestUsername && name.All(IsOfUsername);

    private static bool IsOfUsername(char character) => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || "._=-/".Contains(character);
}
