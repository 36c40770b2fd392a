using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Hosting;
using Companion.Matrix;
using Microsoft.Extensions.Logging;

namespace Companion.Crypto;

/// <summary>
/// End-to-end encryption for the assistant: one thing at a time, and every ratchet on the disk before what it made leaves the machine.
/// </summary>
internal sealed class Encryption : IDisposable
{
    private const int MostHeldBack = 200;

    private readonly MatrixClient client;
    private readonly KeyStore store;
    private readonly OlmAccount account;
    private readonly DeviceKeys keys;
    private readonly OlmMessages olm;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly string deviceId;
    private readonly SemaphoreSlim gate = new(1);
    private readonly List<(string Session, RoomEvent Event)> heldBack = [];

    private Encryption(MatrixClient client, KeyStore store, OlmAccount account, string userId, string deviceId, TimeProvider time, ILogger log)
    {
        (this.client, this.store, this.account, this.deviceId, this.time, this.log) = (client, store, account, deviceId, time, log);
        keys = new DeviceKeys(client, store, account, userId, deviceId, log);
        olm = new OlmMessages(store, account, keys, userId, log);
    }

    /// <exception cref="IOException">The keys on the disk are encrypted with another pickle key.</exception>
    public static async Task<Encryption> StartAsync(
        MatrixClient client, KeyStore store, string userId, string deviceId, TimeProvider time, ILogger log, CancellationToken stop)
    {
        try
        {
            var account = store.LoadAccount(deviceId);
            if (account is null)
                store.BeginAccount(deviceId, account = OlmAccount.Create());
            store.OutdateAll();
            var encryption = new Encryption(client, store, account, userId, deviceId, time, log);
            await encryption.keys.PublishAsync(withDevice: true, present: account.MostOneTimeKeys, withFallback: false, stop);
            return encryption;
        }
        catch (OlmException error)
        {
            throw new IOException($"The keys in the database cannot be opened: {error.Message}. Is crypto.pickle_key another one? "
                + "Without it, the assistant's device has to be made anew: remove the database.", error);
        }
    }

    /// <summary>Takes in what a sync says of keys; call it before its events are looked at.</summary>
    /// <returns>Messages that waited for a key which has come.</returns>
    public async Task<IReadOnlyList<RoomEvent>> TakeAsync(SyncBatch batch, CancellationToken stop)
    {
        using var _ = await TurnAsync(stop);
        foreach (var user in batch.Raw.Texts("device_lists", "changed"))
            store.Outdate(user);
        foreach (var (happened, _) in batch.Events().Where(one => one.Event is { Type: "m.room.encryption", StateKey: "" }))
            store.MarkEncrypted(happened.RoomId,
                Math.Clamp(happened.Content.Number("rotation_period_ms") ?? 604_800_000, 3_600_000, 604_800_000),
                Math.Clamp(happened.Content.Number("rotation_period_msgs") ?? 100, 1, 10_000));
        var ready = new List<RoomEvent>();
        foreach (var message in batch.ToDevice.Where(message => message.Text("type") == "m.room.encrypted"))
            if (await olm.ReadAsync(message, stop) is { Type: "m.room_key" } payload)
                try
                {
                    ready.AddRange(TakeKey(payload));
                }
                catch (Exception error) when (error is OlmException or InvalidOperationException)
                {
                    log.KeyRefused(payload.Sender.User, payload.Sender.Id, error.Message);
                }
        // The counts are there where they changed, and in the first answer.
        if (batch.Raw.Get("device_one_time_keys_count") is { } counts)
            await keys.PublishAsync(withDevice: false, (int)(counts.Number("signed_curve25519") ?? 0),
                withFallback: batch.Raw.Get("device_unused_fallback_key_types") is { } unused && !unused.Texts().Contains("signed_curve25519"), stop);
        return ready;
    }

    /// <summary>What an event says; the event itself where it is not encrypted, null where it cannot be read (yet).</summary>
    public RoomEvent? Read(RoomEvent happened)
    {
        if (happened.Type != "m.room.encrypted")
            // In a room with encryption, what comes in the clear is not to be trusted.
            return happened.StateKey is null && store.Rotation(happened.RoomId) is not null ? null : happened;
        if (happened.Content.Text("algorithm") != DeviceKeys.Megolm || happened.Content.Text("session_id") is not { } sessionId
            || happened.Content.Text("ciphertext") is not { } ciphertext)
            return null;
        if (store.FindInbound(happened.RoomId, sessionId) is not { } state)
        {
            // Its key may be on the way.
            lock (heldBack)
            {
                heldBack.Add((sessionId, happened));
                if (heldBack.Count > MostHeldBack)
                    heldBack.RemoveAt(0);
            }
            return null;
        }
        try
        {
            using var session = store.Open(state);
            var (plaintext, index) = session.Decrypt(ciphertext);
            using var said = JsonDocument.Parse(plaintext);
            if (state.User != happened.Sender || said.RootElement.Text("room_id") != happened.RoomId)
                throw new OlmException("it was written by somebody else, or for another room");
            if (!store.IsFirstSight(sessionId, index, happened.EventId))
                throw new OlmException("it is a message that was there before");
            var content = said.RootElement.Get("content")?.Clone() ?? default;
            return happened with
            {
                Type = said.RootElement.Text("type") ?? "",
                Content = content,
                Relation = happened.Relation ?? content.Get("m.relates_to"),
            };
        }
        catch (Exception error) when (error is OlmException or JsonException or InvalidOperationException)
        {
            log.KeyRefused(happened.Sender, happened.EventId, error.Message);
            return null;
        }
    }

    /// <summary>What a room gets of an event: encrypted where the room is, as it is otherwise.</summary>
    public async Task<(string Type, JsonObject Content)> WriteAsync(string room, string type, JsonObject content, CancellationToken stop)
    {
        if (store.Rotation(room) is not { } rotation)
            return (type, content);
        using var _ = await TurnAsync(stop);
        var members = await client.SendAsync(HttpMethod.Get, $"/_matrix/client/v3/rooms/{MatrixClient.Escape(room)}/joined_members", null, stop);
        var devices = await keys.DevicesOfAsync(members.Entries("joined").Select(member => member.Name), stop);
        var state = Fitting(store.FindOutbound(room), rotation, devices);
        using var session = state is null ? OutboundGroup.Create() : store.Open(state);
        state ??= new OutboundState("", time.GetUtcNow(), 0, "");
        state = await ShareAsync(room, session, state, devices, stop);

        var relation = content["m.relates_to"]?.DeepClone();
        var ciphertext = session.Encrypt(new JsonObject { ["type"] = type, ["content"] = content.DeepClone(), ["room_id"] = room }.ToJsonString(MatrixClient.Compact));
        store.SaveOutbound(room, session, state with { Messages = state.Messages + 1 });
        var encrypted = new JsonObject
        {
            ["algorithm"] = DeviceKeys.Megolm,
            ["sender_key"] = keys.IdentityKey,
            ["device_id"] = deviceId,
            ["session_id"] = session.Id,
            ["ciphertext"] = ciphertext,
        };
        // Homeservers gather threads and edits, so they must see what belongs to what.
        if (relation is not null)
            encrypted["m.relates_to"] = relation;
        return ("m.room.encrypted", encrypted);
    }

    public void Dispose()
    {
        account.Dispose();
        gate.Dispose();
    }

    // A session ends by age and count, and as soon as somebody who has its key should not read on.
    private OutboundState? Fitting(OutboundState? state, (TimeSpan Age, long Messages) rotation, List<Device> devices) =>
        state is not null && state.Messages < rotation.Messages && time.GetUtcNow() - state.Created < rotation.Age
        && Shared(state).IsSubsetOf(devices.Select(Name))
            ? state
            : null;

    private async Task<OutboundState> ShareAsync(string room, OutboundGroup session, OutboundState state, List<Device> devices, CancellationToken stop)
    {
        var shared = Shared(state);
        var lacking = devices.Where(device => !shared.Contains(Name(device))).ToList();
        if (lacking.Count == 0)
            return state;
        var sessions = new Dictionary<Device, OlmSession>();
        foreach (var device in lacking)
            if (store.LoadSessions(device.IdentityKey) is [var latest, ..])
                sessions[device] = latest;
        foreach (var (device, begun) in await keys.ClaimAsync([.. lacking.Where(device => !sessions.ContainsKey(device))], stop))
            sessions[device] = begun;

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
        await SendAsync("m.room.encrypted", messages, stop);
        await SendAsync("m.room_key.withheld", lacking.Except(sessions.Keys).ToDictionary(device => device, _ => new JsonObject
        {
            ["algorithm"] = DeviceKeys.Megolm,
            ["sender_key"] = keys.IdentityKey,
            ["code"] = "m.no_olm",
            ["reason"] = "There is no one-time key of this device.",
        }), stop);
        foreach (var one in sessions.Values)
            one.Dispose();
        var sharedNow = state with { SharedWith = string.Join('\n', shared.Union(sessions.Keys.Select(Name)).Order(StringComparer.Ordinal)) };
        store.SaveOutbound(room, session, sharedNow);
        return sharedNow;
    }

    private async Task SendAsync(string type, Dictionary<Device, JsonObject> messages, CancellationToken stop)
    {
        if (messages.Count == 0)
            return;
        var byUser = messages.GroupBy(pair => pair.Key.User).Select(user => KeyValuePair.Create<string, JsonNode?>(user.Key,
            new JsonObject(user.Select(pair => KeyValuePair.Create<string, JsonNode?>(pair.Key.Id, pair.Value)))));
        await client.SendAsync(HttpMethod.Put, $"/_matrix/client/v3/sendToDevice/{type}/{RoomSender.NewTransaction()}",
            new JsonObject { ["messages"] = new JsonObject(byUser) }, stop);
    }

    private List<RoomEvent> TakeKey(OlmPayload payload)
    {
        if (payload.Content.Text("algorithm") != DeviceKeys.Megolm || payload.Content.Text("room_id") is not { } room
            || payload.Content.Text("session_key") is not { } sessionKey)
            return [];
        using var session = InboundGroup.Of(sessionKey);
        // The same session again is only news where it reads further back, from the same device.
        if (store.FindInbound(room, session.Id) is { } known)
        {
            using var old = store.Open(known);
            if (known.SenderKey != payload.Sender.IdentityKey || old.FirstIndex <= session.FirstIndex)
                return [];
        }
        store.SaveInbound(room, session, payload.Sender);
        lock (heldBack)
        {
            var ready = heldBack.Where(held => held.Session == session.Id).Select(held => held.Event).ToList();
            heldBack.RemoveAll(held => held.Session == session.Id);
            return ready;
        }
    }

    private static string Name(Device device) => $"{device.User} {device.Id} {device.IdentityKey}";

    private static ImmutableHashSet<string> Shared(OutboundState state) => [.. state.SharedWith.Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    private async Task<IDisposable> TurnAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        return new Turn(gate);
    }

    private sealed class Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
