using Microsoft.Extensions.Logging;

namespace Companion.Hosting;

/// <summary>Every line that the service logs. None has a place for a key, a token or what people say.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Answered {User} in {Room}; {Spent} US dollars spent this month.")]
    public static partial void Answered(this ILogger log, string user, string room, decimal spent);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No answer for {User} in {Room}: {Kind}: {Reason}")]
    public static partial void NotAnswered(this ILogger log, string user, string room, string kind, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ignored a question of {User}, who may not talk to the assistant.")]
    public static partial void NotAllowed(this ILogger log, string user);

    [LoggerMessage(Level = LogLevel.Information, Message = "Joined {Room}, invited by {User}.")]
    public static partial void Joined(this ILogger log, string room, string user);

    [LoggerMessage(Level = LogLevel.Information, Message = "Declined the invitation of {User} to {Room}: may_invite does not have him.")]
    public static partial void Declined(this ILogger log, string user, string room);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The homeserver refuses {What}: {Reason}")]
    public static partial void MatrixFailed(this ILogger log, string what, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tool {Tool} did not answer within {Seconds} s.")]
    public static partial void ToolTimedOut(this ILogger log, string tool, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The tool {Tool} failed: {Reason}")]
    public static partial void ToolFailed(this ILogger log, string tool, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The MCP server {Server} is connected; it has {Count} tools.")]
    public static partial void McpConnected(this ILogger log, string server, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The MCP server {Server} cannot be used: {Reason}")]
    public static partial void McpFailed(this ILogger log, string server, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a key or a message of {User} ({What}): {Reason}")]
    public static partial void KeyRefused(this ILogger log, string user, string what, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused to read {EventId} of {User}: {Reason}")]
    public static partial void EventRefused(this ILogger log, string user, string eventId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Began a new session with {User}'s device {Device}, whose messages could not be read.")]
    public static partial void SessionBegunAnew(this ILogger log, string user, string device);

    [LoggerMessage(Level = LogLevel.Information, Message = "{User}'s device {Device} withholds its key: {Reason}")]
    public static partial void KeyWithheld(this ILogger log, string user, string device, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The homeserver shows other keys for {DeviceId} than the assistant gave it: they are not signed.")]
    public static partial void NotItsKeys(this ILogger log, string deviceId);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{User} has an identity that was not made with this pickle key: the device stays unsigned, and clients warn of it.")]
    public static partial void NotItsIdentity(this ILogger log, string user);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{User} asks too often in {Room}: is it another assistant?")]
    public static partial void TooFast(this ILogger log, string user, string room);
}
