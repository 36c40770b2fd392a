using CallTokens.Leave;
using CallTokens.LiveKit;
using CallTokens.Names;
using CallTokens.OpenId;
using CallTokens.Requests;
using CallTokens.Settings;

namespace CallTokens.Hosting;

/// <summary>The whole surface: these paths, to the letter, and nothing else.</summary>
internal sealed class Endpoints(
    ServiceSettings settings, Identities identities, RoomService rooms, Leaves leaves, Jwt jwt, ILogger log, CancellationToken stopping)
{
    /// <summary>The largest request of a client, in bytes.</summary>
    private const int LargestRequest = 16 * 1024;

    /// <summary>The largest webhook, in bytes: it tells of rooms and tracks at length.</summary>
    public const int LargestWebhook = 256 * 1024;

    public async Task HandleAsync(HttpContext http)
    {
        try
        {
            if (stopping.IsCancellationRequested)
                throw Refusal.ShuttingDown();
            var (method, handler) = http.Request.Path.Value switch
            {
                "/healthz" => ("GET", http => Answers.TextAsync(http, "ok\n")),
                "/sfu/get" => ("POST", LegacyTokenAsync),
                "/get_token" => ("POST", TokenAsync),
                "/delegate_delayed_leave" => ("POST", LeaveAsync),
                "/sfu_webhook" => ("POST", WebhookAsync),
                _ => (Method: "", Handler: (Func<HttpContext, Task>)(_ => throw Refusal.NotFound())),
            };
            if (method == "POST" && http.Request.Method == "OPTIONS")
                await Answers.PreflightAsync(http);
            else if (method.Length == 0 || http.Request.Method == method || (method == "GET" && http.Request.Method == "HEAD"))
                await handler(http);
            else
            {
                http.Response.Headers.Allow = method == "GET" ? "GET, HEAD" : "POST, OPTIONS";
                throw Refusal.WrongMethod();
            }
        }
        catch (Refusal refusal)
        {
            if (refusal.Status != StatusCodes.Status404NotFound)
                log.Refused(refusal.Status, refusal.Message);
            await Answers.RefusedAsync(http, refusal);
        }
    }

    private async Task LegacyTokenAsync(HttpContext http) =>
        await AnswerAsync(http, Participant.Of(await RequestBody.JsonAsync(http, RequestJson.Default.LegacyTokenRequest, LargestRequest)));

    private async Task TokenAsync(HttpContext http) =>
        await AnswerAsync(http, Participant.Of(await RequestBody.JsonAsync(http, RequestJson.Default.TokenRequest, LargestRequest)));

    private async Task AnswerAsync(HttpContext http, Participant who)
    {
        var userId = await ConfirmedAsync(who);
        var key = KeyOf(who, userId);
        var isFull = settings.FullAccess.Has(who.Token.MatrixServerName!);
        if (isFull)
            await rooms.MakeAsync(key.Room);
        if (who.Leave is { } leave)
            leaves.Take(key, leave, isFull);
        log.Issued(userId, isFull ? ", who may open calls" : "");
        await Answers.TokenAsync(http, settings.LiveKitUrl.OriginalString, CallToken.Make(jwt, key.Room, key.Identity));
    }

    /// <summary>Takes a leave over from somebody who is in the call already, and needs no token.</summary>
    private async Task LeaveAsync(HttpContext http)
    {
        var who = Participant.Of(await RequestBody.JsonAsync(http, RequestJson.Default.TokenRequest, LargestRequest));
        if (who.Leave is not { } leave)
            throw Refusal.Missing("delay_id, delay_timeout or delay_cs_api_url");
        leaves.Take(KeyOf(who, await ConfirmedAsync(who)), leave, settings.FullAccess.Has(who.Token.MatrixServerName!));
        await Answers.EmptyAsync(http);
    }

    private async Task WebhookAsync(HttpContext http)
    {
        var body = await RequestBody.BytesAsync(http, LargestWebhook);
        leaves.Tell(Webhook.Read(jwt, http.Request.Headers.Authorization, body));
        await Answers.EmptyAsync(http);
    }

    private async Task<string> ConfirmedAsync(Participant who)
    {
        var userId = await identities.FindAsync(who.Token);
        return who.ClaimedUserId is null || who.ClaimedUserId == userId ? userId : throw Refusal.Unauthorized();
    }

    private static LeaveKey KeyOf(Participant who, string userId) => new(
        CallNames.Room(who.RoomId, who.SlotId),
        who.MemberId is { } member ? CallNames.Identity(userId, who.DeviceId, member) : CallNames.LegacyIdentity(userId, who.DeviceId));
}
