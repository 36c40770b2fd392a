namespace CallTokens;

/// <summary>Every line that the service logs about its work. None has a place for a token, a key or a delay id.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "A token for {UserId}{Access}.")]
    public static partial void Issued(this ILogger log, string userId, string access);

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused: {Status} {Error}")]
    public static partial void Refused(this ILogger log, int status, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Server} does not confirm a token: {Reason}.")]
    public static partial void NotConfirmed(this ILogger log, string server, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Server} does not confirm a token: it answers {Status}.")]
    public static partial void NotConfirmedBy(this ILogger log, string server, int status);

    public static void NotAsked(this ILogger log, string server, Exception error) =>
        log.NotConfirmed(server, error is OperationCanceledException ? "it does not answer in time" : Innermost(error));

    [LoggerMessage(Level = LogLevel.Error, Message = "LiveKit does not make a room: it answers {Status}. Does it have this service's key?")]
    public static partial void LiveKitRefused(this ILogger log, int status);

    [LoggerMessage(Level = LogLevel.Error, Message = "Cannot reach LiveKit at {Url}: {Reason}")]
    public static partial void LiveKitAway(this ILogger log, Uri url, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The homeserver at {Url} does not {Action} a leave now.")]
    public static partial void HomeserverBusy(this ILogger log, Uri url, string action);

    [LoggerMessage(Level = LogLevel.Information, Message = "Somebody left a call; the homeserver at {Url} knows.")]
    public static partial void Left(this ILogger log, Uri url);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} cannot be used: {Reason} Leaves that are handed over will not outlive a restart.")]
    public static partial void FileUnusable(this ILogger log, string path, string reason);

    private static string Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error.Message;
}
