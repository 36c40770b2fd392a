using ServiceHost;

namespace MatrixProvisioner;

/// <summary>What the program is told about the token: by environment variables, and by credentials in $CREDENTIALS_DIRECTORY.</summary>
internal sealed record TokenSettings
{
    public required Uri HomeserverUrl { get; init; }

    /// <summary>The local part of the account that may make tokens.</summary>
    public required string AdminUser { get; init; }

    public required SecretText RegistrationToken { get; init; }

    public required SecretText SharedSecret { get; init; }

    public required SecretText AdminPassword { get; init; }

    /// <summary>How long the homeserver is waited for in all.</summary>
    public required TimeSpan Patience { get; init; }

    /// <exception cref="ProvisionError">Something is missing or cannot be meant; the message names everything that is.</exception>
    public static TokenSettings FromEnvironment(Func<string, string?> environment)
    {
        var problems = new List<string>();
        var url = environment("HOMESERVER_URL");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var homeserver) || homeserver.Scheme is not ("http" or "https"))
            problems.Add(string.IsNullOrWhiteSpace(url)
                ? "HOMESERVER_URL is not set."
                : $"HOMESERVER_URL is \"{url}\", not an http or https address.");
        var wait = environment("HOMESERVER_WAIT_SECONDS");
        if (!int.TryParse(wait ?? "300", out var seconds) || seconds < 0)
            problems.Add($"HOMESERVER_WAIT_SECONDS is \"{wait}\", not a number of seconds.");
        var folder = environment("CREDENTIALS_DIRECTORY");
        if (string.IsNullOrEmpty(folder))
            problems.Add("CREDENTIALS_DIRECTORY is not set.");
        var token = Credential(folder, "registration_token", problems);
        if (token.Reveal() is { Length: > 0 } text && !IsToken(text))
            problems.Add("The credential registration_token is not a token that Matrix allows: 1 to 64 characters of A-Z a-z 0-9 . _ ~ -");
        var settings = new TokenSettings
        {
            HomeserverUrl = homeserver ?? new Uri("http://missing.invalid"),
            AdminUser = environment("ADMIN_USER") is { Length: > 0 } user ? user : "hale",
            RegistrationToken = token,
            SharedSecret = Credential(folder, "registration_shared_secret", problems),
            AdminPassword = Credential(folder, "admin_password", problems),
            Patience = TimeSpan.FromSeconds(seconds),
        };
        return problems.Count == 0 ? settings : throw new ProvisionError(string.Join('\n', problems),
            "The unit needs Environment=HOMESERVER_URL=… and LoadCredential= for registration_token, registration_shared_secret and "
            + "admin_password.");
    }

    private static SecretText Credential(string? folder, string name, List<string> problems)
    {
        if (string.IsNullOrEmpty(folder))
            return new SecretText("");
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, name)).Trim();
            if (text.Length == 0)
                problems.Add($"The credential {name} is empty.");
            return new SecretText(text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"The credential {name} cannot be read: {error.Message}");
            return new SecretText("");
        }
    }

    // The opaque identifier grammar of the Matrix specification, at the length that Synapse allows.
    private static bool IsToken(string text) =>
        text.Length <= 64 && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '~' or '-');
}
