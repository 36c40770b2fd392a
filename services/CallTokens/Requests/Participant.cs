namespace CallTokens.Requests;

/// <summary>What a request asks for, checked: who says to be whom, in which call, and perhaps a leave to hand over.</summary>
internal sealed record Participant
{
    /// <summary>The longest identifier that Matrix has; longer ones are nobody's.</summary>
    private const int LongestId = 255;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    private Participant(string roomId, string slotId, OpenIdToken token) => (RoomId, SlotId, Token) = (roomId, slotId, token);

    public string RoomId { get; }

    public string SlotId { get; }

    public OpenIdToken Token { get; }

    /// <summary>The user that the request claims to be from; null at the older endpoint, which takes the homeserver's word.</summary>
    public string? ClaimedUserId { get; private init; }

    public string DeviceId { get; private init; } = "";

    /// <summary>Null at the older endpoint.</summary>
    public string? MemberId { get; private init; }

    public DelayedLeave? Leave { get; private init; }

    /// <exception cref="Refusal">Something is missing.</exception>
    public static Participant Of(TokenRequest request)
    {
        if (IsMissing(request.RoomId) || IsMissing(request.SlotId))
            throw Refusal.Missing("room_id or slot_id");
        if (request.Member is not { } member || IsMissing(member.Id) || IsMissing(member.ClaimedUserId) || IsMissing(member.ClaimedDeviceId))
            throw Refusal.Missing("id, claimed_user_id or claimed_device_id of member");
        return new Participant(request.RoomId!, request.SlotId!, Whole(request.OpenidToken))
        {
            ClaimedUserId = member.ClaimedUserId,
            DeviceId = member.ClaimedDeviceId!,
            MemberId = member.Id,
            Leave = LeaveOf(request),
        };
    }

    /// <exception cref="Refusal">Something is missing.</exception>
    public static Participant Of(LegacyTokenRequest request)
    {
        if (IsMissing(request.Room) || IsMissing(request.DeviceId))
            throw Refusal.Missing("room or device_id");
        return new Participant(request.Room!, Names.CallNames.LegacySlot, Whole(request.OpenidToken)) { DeviceId = request.DeviceId!, Leave = LeaveOf(request) };
    }

    private static OpenIdToken Whole(OpenIdToken? token) =>
        token is null || IsMissing(token.MatrixServerName) || string.IsNullOrEmpty(token.AccessToken)
            ? throw Refusal.Missing("access_token or matrix_server_name of openid_token")
            : token;

    private static DelayedLeave? LeaveOf(HandsOverLeave request)
    {
        if (string.IsNullOrEmpty(request.DelayId) && request.DelayTimeout <= 0 && string.IsNullOrEmpty(request.DelayCsApiUrl))
            return null;
        if (IsMissing(request.DelayId) || request.DelayTimeout <= 0 || string.IsNullOrEmpty(request.DelayCsApiUrl))
            throw Refusal.Missing("delay_id, delay_timeout or delay_cs_api_url, which come together");
        // Where these stand in a path, they lead out of its folder.
        if (request.DelayId is "." or "..")
            throw Refusal.BadJson("delay_id is none.");
        if (!Uri.TryCreate(request.DelayCsApiUrl, UriKind.Absolute, out var url)
            || url.Scheme is not ("https" or "http") || url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw Refusal.BadJson("delay_cs_api_url is not the base URL of a homeserver, such as https://matrix.example.org.");
        var delay = request.DelayTimeout >= LongestDelay.TotalMilliseconds ? LongestDelay : TimeSpan.FromMilliseconds(request.DelayTimeout);
        return new DelayedLeave(request.DelayId!, delay, url);
    }

    private static bool IsMissing(string? text) => text is not { Length: > 0 and <= LongestId };
}

/// <summary>A leave event that a homeserver holds back.</summary>
/// <param name="Id">Its id there; whoever has it may send the event.</param>
/// <param name="Delay">After how long without a restart the homeserver sends it by itself.</param>
/// <param name="ClientApi">The base URL of the homeserver's client API.</param>
internal sealed record DelayedLeave(string Id, TimeSpan Delay, Uri ClientApi)
{
    // The id is a key to the event; it is not for logs.
    public override string ToString() => $"a leave held back at {ClientApi} for {Delay}";
}
