using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Hosting;
using Companion.Matrix;
using Microsoft.Extensions.Logging;
using ServiceHost;

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
    private readonly KeySharing sharing;
    private readonly OlmRepair repair;
    private readonly TimeProvider time;
    private readonly ILogger log;
    private readonly string deviceId;
    private readonly SemaphoreSlim gate = new(1);
    private readonly List<(string Session, RoomEvent Event)> heldBack = [];

    // Kept here until they are handed out: where a sync fails half-way, it comes again, and its keys do not.
    private readonly List<RoomEvent> ready = [];

    private Encryption(MatrixClient client, KeyStore store, OlmAccount account, string userId, string deviceId, TimeProvider time, ILogger log)
    {
        (this.client, this.store, this.account, this.deviceId, this.time, this.log) = (client, store, account, deviceId, time, log);
        keys = new DeviceKeys(client, store, account, userId, deviceId, log);
        olm = new OlmMessages(store, account, keys, userId, time, log);
        var toDevice = new ToDevice(client);
        sharing = new KeySharing(store, keys, olm, toDevice, time);
        repair = new OlmRepair(store, keys, olm, toDevice, time, log);
    }

    /// <exception cref="IOException">The keys on the disk are encrypted with another pickle key.</exception>
    public static async Task<Encryption> StartAsync(
        MatrixClient client, KeyStore store, SecretText pickleKey, string userId, string deviceId, TimeProvider time, ILogger log, CancellationToken stop)
    {
        try
        {
            var account = store.LoadAccount(deviceId);
            if (account is null)
                store.BeginAccount(deviceId, account = OlmAccount.Create());
            store.OutdateAll();
            var encryption = new Encryption(client, store, account, userId, deviceId, time, log);
            await encryption.keys.PublishAsync(withDevice: true, present: account.MostOneTimeKeys, withFallback: false, stop);
            using var identity = new CrossSigning(pickleKey, userId);
            await identity.PublishAsync(client, deviceId, encryption.keys, log, stop);
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
        var broken = new HashSet<Device>();
        foreach (var message in batch.ToDevice)
            await TakeAsync(message, broken, stop);
        await repair.BeginAnewAsync(broken, stop);
        // The counts are there where they changed, and in the first answer.
        if (batch.Raw.Get("device_one_time_keys_count") is { } counts)
            await keys.PublishAsync(withDevice: false, (int)(counts.Number("signed_curve25519") ?? 0),
                withFallback: batch.Raw.Get("device_unused_fallback_key_types") is { } unused && !unused.Texts().Contains("signed_curve25519"), stop);
        var late = ready.ToList();
        ready.Clear();
        return late;
    }

    // What other devices send may be anything: one message must neither end the service nor keep the others from being read.
    private async Task TakeAsync(JsonElement message, HashSet<Device> broken, CancellationToken stop)
    {
        try
        {
            switch (message.Text("type"))
            {
                case "m.room.encrypted" when await olm.ReadAsync(message, broken, stop) is { } payload:
                    ready.AddRange(Take(payload));
                    break;
                case "m.room_key_request":
                    await sharing.AnswerAsync(message, stop);
                    break;
                case "m.room_key.withheld":
                    if (await WithheldAsync(message, stop) is { } lost)
                        broken.Add(lost);
                    break;
            }
        }
        catch (Exception error) when (error is OlmException or InvalidOperationException or MatrixException { IsPassing: false })
        {
            log.KeyRefused(message.Text("sender") ?? "somebody", message.Text("type") ?? "", error.Message);
        }
    }

    /// <summary>What an event says; the event itself where it is not encrypted, null where it cannot be read (yet).</summary>
    public RoomEvent? Read(RoomEvent happened)
    {
        if (happened.Type != "m.room.encrypted")
            // In a room with encryption, what comes in the clear is not to be trusted; that something is removed never comes otherwise.
            return happened.StateKey is null && happened.Redacts is null && store.Rotation(happened.RoomId) is not null ? null : happened;
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
        var state = sharing.Fitting(store.FindOutbound(room), rotation, devices);
        using var session = state is null ? OutboundGroup.Create() : store.Open(state);
        state ??= new OutboundState("", time.GetUtcNow(), 0, "");
        state = await sharing.ShareAsync(room, session, state, devices, stop);

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

    private List<RoomEvent> Take(OlmPayload payload)
    {
        try
        {
            if (payload.Type == "m.dummy")
                sharing.ShareAgainWith(payload.Sender);
            return payload.Type == "m.room_key" ? TakeKey(payload) : [];
        }
        catch (Exception error) when (error is OlmException or InvalidOperationException)
        {
            log.KeyRefused(payload.Sender.User, payload.Sender.Id, error.Message);
            return [];
        }
    }

    /// <summary>Somebody's device says why there is no key of it.</summary>
    /// <returns>The device, where it is because it could begin no session.</returns>
    private async Task<Device?> WithheldAsync(JsonElement message, CancellationToken stop)
    {
        var (sender, content) = (message.Text("sender") ?? "", message.Get("content") ?? default);
        if (content.Text("sender_key") is not { } senderKey
            || (await keys.DevicesOfAsync([sender], stop)).Find(device => device.IdentityKey == senderKey) is not { } device)
            return null;
        log.KeyWithheld(sender, device.Id, content.Text("code") switch
        {
            "m.unverified" => "its user sends to verified devices only, and the assistant's is not verified",
            "m.blacklisted" => "its user has blocked the assistant's device",
            "m.no_olm" => "it could begin no session",
            _ => "it gives no reason that is known",
        });
        return content.Text("code") == "m.no_olm" ? device : null;
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
