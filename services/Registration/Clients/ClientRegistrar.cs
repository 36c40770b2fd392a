using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Homeserver;
using Registration.Invites;
using Registration.Rooms;
using Registration.Settings;
using ServiceHost;
using Sodium;

namespace Registration.Clients;

/// <summary>
/// Lets any Matrix client register with an invite as its registration token. To the client this is the homeserver: the stages and errors
/// are the homeserver's, and all that differs is that the code of an invite does the token's stage. A use is kept just before the request
/// that can make the account, and settled by its answer.
/// </summary>
internal sealed class ClientRegistrar(
    ServiceSettings settings, Doorkeeper door, InviteBook book, Attempts attempts, HomeserverHttp http, HomeserverClient homeserver, RoomJoiner rooms,
    ClientSessions sessions, ILogger log)
{
    private const string Via = "app";

    // All that registration takes, but for auth; what else a client sends concerns nobody (client-server API, POST register).
    private static readonly string[] Known =
        ["username", "password", "device_id", "initial_device_display_name", "inhibit_login", "refresh_token"];

    /// <summary>One request of a client.</summary>
    public async Task<ClientAnswer> RegisterAsync(JsonObject body, IPAddress? client)
    {
        if (Known.FirstOrDefault(name => body[name] is { } value && !IsSmall(value)) is { } odd)
            return ClientAnswer.Error(400, "M_BAD_JSON", $"{odd} must be a short text, or true or false.");
        var auth = body["auth"] as JsonObject;
        if (body["auth"] is not null && auth is null)
            return ClientAnswer.Error(400, "M_BAD_JSON", "auth must be an object.");
        var id = Text(auth, "session");
        var session = id is null ? sessions.Open() : sessions.Find(id);
        if (session is null)
            return ClientAnswer.Error(400, "M_UNKNOWN", "This session is not known, or is over. Begin again without one.");

        await session.Turn.WaitAsync();
        try
        {
            if (session.Ended)
                return ClientAnswer.Error(400, "M_UNKNOWN", "This session has made its account. Sign in to it.");
            foreach (var name in Known)
                if (body[name] is { } value)
                    session.Parameters[name] = value.DeepClone();
            // The homeserver makes capitals small here, and only here: the name is kept as it will be.
            if (Text(session.Parameters, "username") is { } wanted)
                session.Parameters["username"] = wanted.ToLowerInvariant();
            if (session.State is null && await BeginAsync(session, client) is { } refusal)
            {
                sessions.Close(session);
                return refusal;
            }
            return auth is null || (id is null && Text(auth, "type") is null)
                ? ClientAnswer.Progress(session)
                : await StageAsync(session, auth, client);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.HomeserverAway(settings.HomeserverUrl, error.Message);
            return ClientAnswer.Of(Refusals.HomeserverAway);
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary>Asks the homeserver for its flows. A name that is taken or forbidden is refused here.</summary>
    private async Task<ClientAnswer?> BeginAsync(ClientSession session, IPAddress? client)
    {
        var answer = await http.SendAsync(HttpMethod.Post, HomeserverClient.RegisterPath, Request(session, null), client);
        if (answer.Status != 401)
            return answer.Status == 200 ? ClientAnswer.Of(Refusals.HomeserverStrange) : ClientAnswer.Of(answer);
        if (!Take(session, answer))
            return ClientAnswer.Of(Refusals.HomeserverStrange);
        if (session.State!.Flows.Any(flow => flow.Contains(Uiaa.RegistrationToken)))
            return null;
        log.NoFlow(session.State.Obstacles);
        return ClientAnswer.Of(Refusals.StepNotPossible(session.State.Obstacles));
    }

    private async Task<ClientAnswer> StageAsync(ClientSession session, JsonObject auth, IPAddress? client)
    {
        var stage = Text(auth, "type");
        var forwarded = auth.DeepClone().AsObject();
        if (stage == Uiaa.RegistrationToken)
        {
            var (invite, refusal) = door.Judge(Text(auth, "token") ?? "", client);
            if (refusal is not null)
                return Refuse(client, refusal, refusal.Status == 429 ? null : session);
            session.Invite = invite;
            forwarded = homeserver.Stage(Uiaa.RegistrationToken, session.State!.Session);
        }
        // Nothing is done for who has none, whatever the homeserver might take for the last stage.
        if (session.Invite is not { } used)
            return Refuse(client, Refusals.InviteNeeded, session);
        // What no flow has is not the homeserver's to try here: Synapse would check a password, or take for agreed what it does not ask.
        if (stage is not null && !session.State!.Flows.Any(flow => flow.Contains(stage)))
            return ClientAnswer.Error(400, "M_UNRECOGNIZED", "Registration has no such stage; flows has those that it has.");
        forwarded["session"] = session.State!.Session;

        IReadOnlyList<string> done = stage is null ? session.State.Completed : [.. session.State.Completed, stage];
        var isLast = session.State.Flows.Any(flow => !flow.Except(done).Any());
        session.Parameters["username"] ??= used.UserName ?? MakeName();
        var username = Text(session.Parameters, "username") ?? "";
        if (door.Against(used, username) is { } against)
            return Refuse(client, against, null);
        // Where it may have made the account, it may say so at any stage.
        return isLast || session.InDoubt is not null ? await MakeAsync(session, used, username, forwarded, client) : await ForwardAsync(session, forwarded, stage, client);
    }

    private async Task<ClientAnswer> ForwardAsync(ClientSession session, JsonObject auth, string? stage, IPAddress? client)
    {
        var answer = await http.SendAsync(HttpMethod.Post, HomeserverClient.RegisterPath, Request(session, auth), client);
        if (answer.Status != 401 || !Take(session, answer))
            return answer.Status == 200 ? ClientAnswer.Of(Refusals.HomeserverStrange) : ClientAnswer.Of(answer);
        return Continue(session, answer, stage);
    }

    /// <summary>The request that makes the account, with a use of the invite kept for it.</summary>
    private async Task<ClientAnswer> MakeAsync(ClientSession session, Invite invite, string username, JsonObject auth, IPAddress? client)
    {
        if (session.InDoubt is { } asked && asked.UserName != username)
            return ClientAnswer.Error(400, "M_INVALID_PARAM", $"This session has asked for the account {asked.UserName}. Begin another one for another name.");
        var (reservation, why) = door.Reserve(invite, username, client, Via, session.InDoubt);
        if (reservation is null)
            return Refuse(client, why!, why!.Status == 403 ? session : null);
        // What was in doubt before stays so, whatever is refused now: a homeserver may give the account that it has made to the session that it made it in.
        var isAgain = reservation == session.InDoubt;
        session.InDoubt = reservation;
        book.Asked(reservation);
        HomeserverAnswer? answer;
        try
        {
            var asking = http.SendAsync(
                HttpMethod.Post, HomeserverClient.RegisterPath, Request(session, auth, signIn: invite.Rooms.Count > 0), client, longest: HomeserverClient.LongestMaking);
            answer = await attempts.AnswerAsync(reservation, asking, http.Patience, () => SettleLateAsync(reservation, asking, client));
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            Settle(session, reservation, isCertain: !isAgain && HomeserverHttp.NothingWasSent(error));
            throw;
        }

        if (answer is null)
            return Refuse(client, Refusals.HomeserverSlow, null);
        if (answer.Status == 200 && answer.String("user_id") is { } userId)
        {
            book.Commit(reservation, userId);
            session.Ended = true;
            sessions.Close(session);
            log.Registered(userId, client, invite.Id);
            return await WelcomeAsync(session, reservation, userId, answer);
        }
        // Synapse makes the account before the device, and may refuse the device: only these refusals certainly come before both.
        Settle(session, reservation, isCertain: !isAgain && (answer.Status is 401 or 429 || answer.String("errcode") is
            "M_USER_IN_USE" or "M_INVALID_USERNAME" or "M_EXCLUSIVE" or "M_MISSING_PARAM" or "M_WEAK_PASSWORD"));
        return answer.Status == 401 && Take(session, answer) ? Continue(session, answer, Text(auth, "type")) : ClientAnswer.Of(answer);
    }

    private void Settle(ClientSession session, Reservation reservation, bool isCertain)
    {
        if (!isCertain)
        {
            book.Doubtful(reservation);
            return;
        }
        book.Release(reservation);
        session.InDoubt = null;
    }

    /// <summary>An answer that nobody waits for any more. One that tries again in the session is given the account by the homeserver.</summary>
    private async Task SettleLateAsync(Reservation reservation, Task<HomeserverAnswer> asking, IPAddress? client)
    {
        try
        {
            if (await asking is { Status: 200 } answer && answer.String("user_id") is { } userId)
            {
                book.Commit(reservation, userId);
                log.Registered(userId, client, reservation.Invite.Id);
                return;
            }
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            log.HomeserverAway(settings.HomeserverUrl, error.Message);
        }
        book.Doubtful(reservation);
    }

    private async Task<ClientAnswer> WelcomeAsync(ClientSession session, Reservation reservation, string userId, HomeserverAnswer answer)
    {
        var body = JsonObject.Create(answer.Body)!;
        if (reservation.Invite.Rooms.Count == 0 || answer.String("access_token") is not { } token)
            return new(200, body);
        var access = new SecretText(token);
        var missed = await rooms.JoinAsync(userId, access, reservation.Invite.Rooms);
        if (missed.Count > 0)
            book.Note(reservation, $"could not join {string.Join(", ", missed)}");
        if (session.Parameters["inhibit_login"] is not JsonValue inhibit || inhibit.GetValueKind() != JsonValueKind.True)
            return new(200, body);
        // The access was ours alone.
        await homeserver.LogOutAsync(access);
        foreach (var name in (string[])["access_token", "device_id", "refresh_token", "expires_in_ms"])
            body.Remove(name);
        return new(200, body);
    }

    /// <summary>The homeserver's progress in our session; or, where the real token did not do its stage, that something is wrong here.</summary>
    private ClientAnswer Continue(ClientSession session, HomeserverAnswer answer, string? stage)
    {
        if (stage == Uiaa.RegistrationToken && !session.State!.Completed.Contains(stage))
        {
            log.StageFailed(stage, answer.String("error") ?? "no reason given");
            return ClientAnswer.Of(Refusals.TokenNotAccepted);
        }
        var progress = ClientAnswer.Progress(session);
        foreach (var name in (string[])["errcode", "error"])
            if (answer.String(name) is { } text)
                progress.Body[name] = text;
        return progress;
    }

    private static bool Take(ClientSession session, HomeserverAnswer answer)
    {
        if (Uiaa.Parse(answer.Body) is not { } state)
            return false;
        session.State = state;
        session.StageParameters = answer.Body.TryGetProperty("params", out var parameters) && parameters.ValueKind == JsonValueKind.Object
            ? JsonObject.Create(parameters)
            : null;
        return true;
    }

    private static JsonObject Request(ClientSession session, JsonObject? auth, bool signIn = false)
    {
        var request = session.Parameters.DeepClone().AsObject();
        if (auth is not null)
            request["auth"] = auth;
        if (signIn)
            request["inhibit_login"] = false;
        return request;
    }

    private ClientAnswer Refuse(IPAddress? client, Refusal refusal, ClientSession? session)
    {
        log.Refused(client, refusal.Status, refusal.Error);
        // With the session, the client may try again with another code.
        return session is null ? ClientAnswer.Of(refusal) : ClientAnswer.Progress(session, refusal);
    }

    // A session is kept for a while, and anybody may open one.
    private static bool IsSmall(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.True or JsonValueKind.False => true,
        JsonValueKind.String => value.GetValue<string>().Length <= 1024,
        _ => false,
    };

    /// <summary>A name for a client that leaves the choice to the server.</summary>
    private static string MakeName() => SodiumRandom.Text("abcdefghijkmnpqrstuvwxyz23456789", 12);

    private static string? Text(JsonObject? body, string name) =>
        body?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
