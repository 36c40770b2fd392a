using System.Text.Json.Serialization;

namespace CallTokens.Requests;

/// <summary>An OpenID token (Matrix client-server API, "OpenID"): it says to this service, through the homeserver, who somebody is.</summary>
internal sealed record OpenIdToken
{
    public string? AccessToken { get; init; }

    public string? TokenType { get; init; }

    public string? MatrixServerName { get; init; }

    /// <summary>Seconds.</summary>
    public long ExpiresIn { get; init; }
}

/// <summary>Who takes part in a call (MSC4143).</summary>
internal sealed record Member
{
    public string? Id { get; init; }

    public string? ClaimedUserId { get; init; }

    public string? ClaimedDeviceId { get; init; }
}

/// <summary>A leave event that the homeserver holds back (MSC4140), handed over to be sent when LiveKit loses the person.</summary>
internal abstract record HandsOverLeave
{
    public string? DelayId { get; init; }

    /// <summary>Milliseconds.</summary>
    public long DelayTimeout { get; init; }

    public string? DelayCsApiUrl { get; init; }
}

/// <summary>The body of <c>POST /get_token</c>, and of <c>POST /delegate_delayed_leave</c>.</summary>
internal sealed record TokenRequest : HandsOverLeave
{
    public string? RoomId { get; init; }

    public string? SlotId { get; init; }

    public OpenIdToken? OpenidToken { get; init; }

    public Member? Member { get; init; }
}

/// <summary>The body of <c>POST /sfu/get</c>.</summary>
internal sealed record LegacyTokenRequest : HandsOverLeave
{
    public string? Room { get; init; }

    public OpenIdToken? OpenidToken { get; init; }

    public string? DeviceId { get; init; }
}

/// <summary>JSON of requests. A field that is unknown, or there twice, is refused: who sends one means something that would be lost.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(LegacyTokenRequest))]
internal sealed partial class RequestJson : JsonSerializerContext;
