using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Companion.Crypto;

/// <summary>Which devices have the key of what the assistant writes in a room, and how they get it.</summary>
internal sealed class KeySharing(KeyStore store, DeviceKeys keys, OlmMessages olm, ToDevice toDevice, TimeProvider time)
{
    private const int MostAnswered = 1000;

    /// <summary>Behind the name of a device that has the key, and is to get it again.</summary>
    private const string Again = " again";

    private readonly HashSet<Device> toldOfNoKey = [];
    private readonly HashSet<(string User, string Request)> answered = [];

    /// <summary>The room's session where it may go on: it ends by age and count, and as soon as somebody who has its key should not read on.</summary>
    public OutboundState? Fitting(OutboundState? state, (TimeSpan Age, long Messages) rotation, List<Device> devices) =>
        state is not null && state.Messages < rotation.Messages && time.GetUtcNow() - state.Created < rotation.Age
        && Shared(state).Select(Bare).ToHashSet(StringComparer.Ordinal).IsSubsetOf(devices.Select(Name))
            ? state
            : null;

    /// <summary>Gives the key to the devices that lack it.</summary>
    public async Task<OutboundState> ShareAsync(string room, OutboundGroup session, OutboundState state, List<Device> devices, CancellationToken stop)
    {
        var shared = Shared(state);
        var lacking = devices.Where(device => !shared.Contains(Name(device))).ToList();
        if (lacking.Count == 0)
            return state;
        var sessions = new Dictionary<Device, OlmSession>();
        try
        {
            foreach (var device in lacking)
                if (store.FindLatestSession(device.IdentityKey) is { } latest)
                    sessions[device] = latest;
            foreach (var (device, begun) in await keys.ClaimAsync([.. lacking.Where(device => !sessions.ContainsKey(device))], stop))
                sessions[device] = begun;
            await HandOutAsync(room, session, state, sessions, stop);
        }
        finally
        {
            foreach (var one in sessions.Values)
                one.Dispose();
        }
        toldOfNoKey.ExceptWith(sessions.Keys);
        await WithholdAsync([.. lacking.Except(sessions.Keys).Where(toldOfNoKey.Add)], "m.no_olm", "There is no one-time key of this device.", null, stop);
        var sharedNow = state with { SharedWith = Joined(shared.Except(sessions.Keys.Select(device => Name(device) + Again)).Union(sessions.Keys.Select(Name))) };
        store.SaveOutbound(room, session, sharedNow);
        return sharedNow;
    }

    /// <summary>A device has begun a new session, most likely because it could not read what came by the old one: it gets all keys again.</summary>
    public void ShareAgainWith(Device device) => store.Together(() =>
    {
        foreach (var (room, state) in store.Outbounds())
            if (Shared(state) is var shared && shared.Contains(Name(device)))
                store.SaveShared(room, Joined(shared.Remove(Name(device)).Add(Name(device) + Again)));
    });

    /// <summary>
    /// Answers who asks for a key (m.room_key_request). Keys of the past are not kept, and those of others are not the assistant's to give:
    /// who had the key gets it with the next message, the others are told that they may not have it.
    /// </summary>
    public async Task AnswerAsync(JsonElement request, CancellationToken stop)
    {
        var (user, content) = (request.Text("sender") ?? "", request.Get("content") ?? default);
        if (content.Text("action") != "request" || content.Text("request_id") is not { } id || content.Text("requesting_device_id") is not { } deviceId
            || content.Text("body", "room_id") is not { } room || content.Text("body", "session_id") is not { } sessionId)
            return;
        if (answered.Count >= MostAnswered)
            answered.Clear();
        if (!answered.Add((user, id)) || (await keys.DevicesOfAsync([user], stop)).Find(device => device.Id == deviceId) is not { } device)
            return;
        var state = store.FindOutbound(room);
        var isOurs = false;
        if (state is not null)
            using (var session = store.Open(state))
                isOurs = session.Id == sessionId;
        var had = isOurs && Shared(state!).Select(Bare).Contains(Name(device));
        if (had)
            ShareAgainWith(device);
        var body = new JsonObject { ["room_id"] = room, ["session_id"] = sessionId };
        await (isOurs && !had
            ? WithholdAsync([device], "m.unauthorised", "This device was not in the room.", body, stop)
            : WithholdAsync([device], "m.unavailable", "Keys of the past are not kept.", body, stop));
    }

    private async Task HandOutAsync(string room, OutboundGroup session, OutboundState state, Dictionary<Device, OlmSession> sessions, CancellationToken stop)
    {
        var key = new JsonObject
        {
            ["algorithm"] = DeviceKeys.Megolm,
            ["room_id"] = room,
            ["session_id"] = session.Id,
            ["session_key"] = session.Key,
        };
        var messages = sessions.ToDictionary(pair => pair.Key, pair => olm.Write(pair.Key, pair.Value, "m.room_key", key));
        store.Together(() =>
        {
            store.SaveOutbound(room, session, state);
            foreach (var (device, one) in sessions)
                store.SaveSession(device.IdentityKey, one);
        });
        await toDevice.SendAsync("m.room.encrypted", messages, stop);
    }

    private Task WithholdAsync(IReadOnlyList<Device> devices, string code, string reason, JsonObject? session, CancellationToken stop) =>
        toDevice.SendAsync("m.room_key.withheld", devices.ToDictionary(device => device, _ =>
        {
            var content = session?.DeepClone().AsObject() ?? [];
            content["algorithm"] = DeviceKeys.Megolm;
            content["sender_key"] = keys.IdentityKey;
            content["code"] = code;
            content["reason"] = reason;
            return content;
        }), stop);

    private static string Name(Device device) => $"{device.User} {device.Id} {device.IdentityKey}";

    private static string Bare(string shared) => shared.EndsWith(Again, StringComparison.Ordinal) ? shared[..^Again.Length] : shared;

    private static string Joined(IEnumerable<string> names) => string.Join('\n', names.Order(StringComparer.Ordinal));

    private static ImmutableHashSet<string> Shared(OutboundState state) => [.. state.SharedWith.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
}
