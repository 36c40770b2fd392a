using System.Net;

namespace Registration;

/// <summary>Every line that the service logs about its work. None has a place for a password, a code or a token.</summary>
internal static partial class Log
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Registered {UserId} for {Client}, by invite {Invite}.")]
    public static partial void Registered(this ILogger log, string userId, IPAddress? client, string invite);

    [LoggerMessage(Level = LogLevel.Information, Message = "Refused an attempt of {Client}: {Status} {Error}")]
    public static partial void Refused(this ILogger log, IPAddress? client, int status, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot reach the homeserver at {Url}: {Reason}")]
    public static partial void HomeserverAway(this ILogger log, Uri url, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The homeserver refused the stage {Stage}: {Reason}. Does it know the registration token?")]
    public static partial void StageFailed(this ILogger log, string stage, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The homeserver offers no way to register with a token alone; it asks for {Stages}.")]
    public static partial void NoFlow(this ILogger log, string stages);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The invite code has fewer than {Characters} characters and can be guessed. Use a longer one.")]
    public static partial void WeakCode(this ILogger log, int characters);

    [LoggerMessage(Level = LogLevel.Information, Message = "Invite {Invite}, {UserName}: {Result}.")]
    public static partial void Settled(this ILogger log, string invite, string userName, string result);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{UserId} could not join {Room}: {Reason}")]
    public static partial void RoomMissed(this ILogger log, string userId, string room, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Made {UserId}, which lets new people into the rooms of their invites.")]
    public static partial void InviterMade(this ILogger log, string userId);

    [LoggerMessage(Level = LogLevel.Error, Message = "{UserId} cannot let new people into rooms: {Reason} If somebody else has the name, choose another.")]
    public static partial void InviterFailed(this ILogger log, string userId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{UserId} was not let into {Room}: {Reason}")]
    public static partial void NotLetIn(this ILogger log, string userId, string room, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The homeserver did not end an access that is not needed any more: {Reason}")]
    public static partial void NotLoggedOut(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Who} made invite {Invite}.")]
    public static partial void InviteMade(this ILogger log, string who, string invite);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Who} revoked invite {Invite}.")]
    public static partial void InviteRevoked(this ILogger log, string who, string invite);

    [LoggerMessage(Level = LogLevel.Error, Message = "The store of invites failed: {Reason}")]
    public static partial void StoreFailed(this ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A request over the administrators' socket failed.")]
    public static partial void AdminFailed(this ILogger log, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{UserId} signed in to make invites.")]
    public static partial void SignedIn(this ILogger log, string userId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{UserId} may not make invites and was not let in.")]
    public static partial void NoAdministrator(this ILogger log, string userId);
}
