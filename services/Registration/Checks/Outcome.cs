using ServiceHost;

namespace Registration.Checks;

internal enum FormField
{
    /// <summary>The form as a whole.</summary>
    None,
    Username,
    Password,
    InviteCode,
}

/// <summary>One reason why there is no account.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Error">The short text of the API.</param>
/// <param name="Sentence">The sentence of the page.</param>
/// <param name="Field">The field it stands beside.</param>
internal sealed record Refusal(int Status, string Error, string Sentence, FormField Field = FormField.None)
{
    /// <summary>How long to wait before another attempt can succeed.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>How an attempt ended.</summary>
internal abstract record Outcome
{
    private Outcome()
    {
    }

    public sealed record Created(string UserId) : Outcome
    {
        /// <summary>The new account's access, where it was asked for.</summary>
        public SecretText? AccessToken { get; init; }

        /// <summary>Rooms of the invite that the account could not join.</summary>
        public IReadOnlyList<string> MissedRooms { get; init; } = [];
    }

    /// <summary>The API answers with the first refusal, the page shows them all.</summary>
    public sealed record Refused(params IReadOnlyList<Refusal> Refusals) : Outcome
    {
        public Refusal First => Refusals[0];

        /// <summary>The homeserver may have made the account all the same: it was asked, and the answer was lost.</summary>
        public bool InDoubt { get; init; }
    }
}
