using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Hosting;
using Microsoft.Extensions.Logging;

namespace Companion.Crypto;

/// <summary>What an Olm message said, and which known device it came from.</summary>
internal sealed record OlmPayload(Device Sender, string Type, JsonElement Content);

/// <summary>Messages from device to device (specification v1.11, "m.olm.v1.curve25519-aes-sha2").</summary>
internal sealed class OlmMessages(KeyStore store, OlmAccount account, DeviceKeys keys, string userId, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);
    private readonly Dictionary<string, DateTimeOffset> lookedAgain = [];

    /// <summary>
    /// Decrypts a message to this device. What cannot be read, or is not what it says it is, is null and logged; a device whose session is
    /// of no use any more comes to <paramref name="broken"/>.
    /// </summary>
    public async Task<OlmPayload?> ReadAsync(JsonElement message, ISet<Device> broken, CancellationToken stop)
    {
        var (sender, content) = (message.Text("sender") ?? "", message.Get("content") ?? default);
        if (content.Text("algorithm") != DeviceKeys.Olm || content.Text("sender_key") is not { } senderKey
            || content.Get("ciphertext", keys.IdentityKey) is not { } cipher || cipher.Text("body") is not { } body)
            return null;
        // First: a message can be decrypted once, and the homeserver shows it again where this fails.
        var device = await FindAsync(sender, senderKey, stop);
        try
        {
            using var payload = JsonDocument.Parse(Decrypt(senderKey, (int)(cipher.Number("type") ?? -1), body, device, broken));
            var said = payload.RootElement;
            // Without these, one could hand on what was meant for somebody else, or came from somebody else.
            if (said.Text("sender") != sender || said.Text("recipient") != userId || said.Text("recipient_keys", "ed25519") != keys.SigningKey)
                throw new OlmException("it was not written by its sender for this device");
            var from = device is not null && device.SigningKey == said.Text("keys", "ed25519")
                ? device
                : throw new OlmException("it comes from a device that is none of its sender's");
            return new OlmPayload(from, said.Text("type") ?? "", said.Get("content")?.Clone() ?? default);
        }
        catch (Exception error) when (error is OlmException or JsonException or InvalidOperationException)
        {
            log.KeyRefused(sender, senderKey, error.Message);
            return null;
        }
    }

    /// <summary>Encrypts the same for each device, with the session that there is with it.</summary>
    public JsonObject Write(Device device, OlmSession session, string type, JsonObject content)
    {
        var (messageType, body) = session.Encrypt(new JsonObject
        {
            ["type"] = type,
            ["content"] = content.DeepClone(),
            ["sender"] = userId,
            ["keys"] = new JsonObject { ["ed25519"] = keys.SigningKey },
            ["recipient"] = device.User,
            ["recipient_keys"] = new JsonObject { ["ed25519"] = device.SigningKey },
        }.ToJsonString());
        return new JsonObject
        {
            ["algorithm"] = DeviceKeys.Olm,
            ["sender_key"] = keys.IdentityKey,
            ["ciphertext"] = new JsonObject { [device.IdentityKey] = new JsonObject { ["type"] = messageType, ["body"] = body } },
        };
    }

    /// <summary>A device that is not in the list may be newer than the list: one more look, but not for each message of whoever makes keys up.</summary>
    private async Task<Device?> FindAsync(string user, string identityKey, CancellationToken stop)
    {
        var found = (await keys.DevicesOfAsync([user], stop)).Find(device => device.IdentityKey == identityKey);
        var now = time.GetUtcNow();
        if (found is not null || lookedAgain.TryGetValue(user, out var last) && now - last < LookAgain)
            return found;
        foreach (var (old, at) in lookedAgain.Where(one => now - one.Value >= LookAgain).ToList())
            lookedAgain.Remove(old);
        lookedAgain[user] = now;
        store.Outdate(user);
        return (await keys.DevicesOfAsync([user], stop)).Find(device => device.IdentityKey == identityKey);
    }

    private string Decrypt(string senderKey, int type, string body, Device? device, ISet<Device> broken)
    {
        try
        {
            return DecryptKnown(senderKey, type, body) ?? DecryptFirst(senderKey, type, body);
        }
        catch (OlmException) when (device is not null)
        {
            broken.Add(device);
            throw;
        }
    }

    private string? DecryptKnown(string senderKey, int type, string body)
    {
        foreach (var session in store.Sessions(senderKey))
            using (session)
                try
                {
                    if (type == 0 && !session.Matches(senderKey, body))
                        continue;
                    var plaintext = session.Decrypt(type, body);
                    store.SaveSession(senderKey, session);
                    return plaintext;
                }
                catch (OlmException) when (type == 1)
                {
                    // Another of the sessions with that device.
                }
        return null;
    }

    private string DecryptFirst(string senderKey, int type, string body)
    {
        if (type != 0)
            throw new OlmException("there is no session that it belongs to");
        using var begun = account.Inbound(senderKey, body);
        var first = begun.Decrypt(type, body);
        store.Together(() =>
        {
            account.RemoveOneTimeKeys(begun);
            store.SaveAccount(account);
            store.SaveSession(senderKey, begun);
        });
        return first;
    }
}
