namespace CallTokens.Requests;

/// <summary>Why there is no token: an HTTP status, and a Matrix error for the body. Says nothing of inner servers and no secret.</summary>
internal sealed class Refusal(int status, string code, string error) : Exception(error)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public static Refusal NotJson(string why) => new(400, "M_NOT_JSON", why);

    public static Refusal BadJson(string why) => new(400, "M_BAD_JSON", why);

    public static Refusal Missing(string what) => BadJson($"The request is missing {what}.");

    public static Refusal TooLarge() => new(413, "M_TOO_LARGE", "The request is too large.");

    public static Refusal TooSlow() => new(408, "M_UNKNOWN", "The request took too long to arrive.");

    /// <summary>One text for every reason: a service that told them apart would tell which inner servers there are.</summary>
    public static Refusal Unauthorized() => new(401, "M_UNAUTHORIZED", "The homeserver does not confirm who this is.");

    public static Refusal NoRoom() => new(500, "M_UNKNOWN", "The call cannot be opened: LiveKit does not answer as it should.");

    public static Refusal TooMany() => new(429, "M_LIMIT_EXCEEDED", "Too many leaves are handed over already.");

    public static Refusal ShuttingDown() => new(503, "M_UNKNOWN", "The service is shutting down; try again.");

    public static Refusal NotFound() => new(404, "M_UNRECOGNIZED", "There is nothing here.");

    public static Refusal WrongMethod() => new(405, "M_UNRECOGNIZED", "This method is not for this path.");

    public static Refusal WrongSignature() => new(401, "M_UNAUTHORIZED", "This is not signed by the LiveKit of this service.");
}
