using System.Net.Http.Headers;
using System.Text.Json;
using Registration.Checks;

namespace Registration.Homeserver;

/// <summary>One answer of the homeserver: a status, and its JSON body (undefined where it was not JSON).</summary>
internal sealed record HomeserverAnswer(int Status, JsonElement Body, RetryConditionHeaderValue? RetryAfter = null)
{
    // Enough for any sentence; an error text is shown to a person.
    private const int LongestError = 300;

    /// <summary>Whether something may have happened that this answer does not tell: it failed over there, or a proxy answered in its place.</summary>
    public bool IsDoubtful => Status >= 500 || (Status < 400 && Body.ValueKind != JsonValueKind.Object);

    public string? String(string name) =>
        Body.ValueKind == JsonValueKind.Object && Body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>The refusal that this answer is: its own status and text, beside the field that its error code is about.</summary>
    public Refusal ToRefusal()
    {
        // Only what is a Matrix error may speak for itself; a redirect or a proxy's page may not.
        if (Status < 400 || String("error") is not { Length: > 0 } text)
            return Refusals.HomeserverStrange;
        var error = text.Length > LongestError ? text[..LongestError] : text;
        return String("errcode") switch
        {
            "M_USER_IN_USE" => new(Status, error, "This name is taken. Choose another.", FormField.Username),
            "M_EXCLUSIVE" => new(Status, error, "This name is reserved. Choose another.", FormField.Username),
            "M_INVALID_USERNAME" => new(Status, error, error, FormField.Username),
            "M_WEAK_PASSWORD" or "M_PASSWORD_TOO_SHORT" or "M_PASSWORD_NO_DIGIT" or "M_PASSWORD_NO_UPPERCASE"
                or "M_PASSWORD_NO_LOWERCASE" or "M_PASSWORD_NO_SYMBOL" or "M_PASSWORD_IN_DICTIONARY"
                => new(Status, error, error, FormField.Password),
            "M_LIMIT_EXCEEDED" => Refusals.TooMany(Wait()) with { Status = Status, Error = error },
            "M_FORBIDDEN" => new(Status, error, $"The homeserver does not allow this: {error}"),
            _ => new(Status, error, $"The homeserver says: {error}"),
        };
    }

    private TimeSpan Wait()
    {
        if (Body.TryGetProperty("retry_after_ms", out var milliseconds) && milliseconds.ValueKind == JsonValueKind.Number && milliseconds.TryGetInt32(out var value) && value >= 0)
            return TimeSpan.FromMilliseconds(value);
        return RetryAfter?.Delta ?? TimeSpan.FromMinutes(1);
    }
}
