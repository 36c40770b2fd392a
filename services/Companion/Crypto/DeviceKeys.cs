using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Matrix;
using Microsoft.Extensions.Logging;
using Companion.Hosting;

namespace Companion.Crypto;

/// <summary>Publishes the assistant's own keys, and knows those of others (specification v1.11, "Device keys", "One-time and fallback keys").</summary>
internal sealed class DeviceKeys(MatrixClient client, KeyStore store, OlmAccount account, string userId, string deviceId, ILogger log)
{
    public const string Olm = "m.olm.v1.curve25519-aes-sha2";
    public const string Megolm = "m.megolm.v1.aes-sha2";
    private const string V3 = "/_matrix/client/v3/keys";

    private readonly JsonElement own = JsonDocument.Parse(account.IdentityKeys).RootElement;

    public string IdentityKey => own.Text("curve25519")!;

    public string SigningKey => own.Text("ed25519")!;

    /// <summary>Uploads what the homeserver lacks. What is uploaded is on the disk before.</summary>
    public async Task PublishAsync(bool withDevice, int present, bool withFallback, CancellationToken stop)
    {
        var missing = Math.Max((account.MostOneTimeKeys / 2) - present, 0);
        if (!withDevice && missing == 0 && !withFallback)
            return;
        if (missing > 0)
            account.GenerateOneTimeKeys(missing);
        if (withFallback)
            account.GenerateFallbackKey();
        store.SaveAccount(account);
        var body = new JsonObject();
        if (withDevice)
            body["device_keys"] = Signed(new JsonObject
            {
                ["user_id"] = userId,
                ["device_id"] = deviceId,
                ["algorithms"] = new JsonArray(Olm, Megolm),
                ["keys"] = new JsonObject { [$"curve25519:{deviceId}"] = IdentityKey, [$"ed25519:{deviceId}"] = SigningKey },
            });
        body["one_time_keys"] = Keys(account.OneTimeKeys, fallback: false);
        if (withFallback)
            body["fallback_keys"] = Keys(account.UnpublishedFallbackKey, fallback: true);
        await client.SendAsync(HttpMethod.Post, $"{V3}/upload", body, stop);
        account.MarkKeysAsPublished();
        store.SaveAccount(account);
    }

    /// <summary>The devices of these users, asked for anew where they may have changed.</summary>
    public async Task<List<Device>> DevicesOfAsync(IEnumerable<string> users, CancellationToken stop)
    {
        var all = users.ToList();
        var outdated = all.Where(store.IsOutdated).ToList();
        if (outdated.Count > 0)
        {
            var asked = new JsonObject(outdated.Select(user => KeyValuePair.Create<string, JsonNode?>(user, new JsonArray())));
            var answer = await client.SendAsync(HttpMethod.Post, $"{V3}/query", new JsonObject { ["device_keys"] = asked }, stop);
            foreach (var user in outdated.Where(user => answer.Get("device_keys", user) is not null))
                store.SaveDevices(user, [.. answer.Entries("device_keys", user).Select(device => Read(user, device.Name, device.Value)).OfType<Device>()]);
        }
        return [.. all.SelectMany(store.DevicesOf).Where(device => device.User != userId || device.Id != deviceId)];
    }

    /// <summary>Begins a session with each of these devices. Those that have no key left are not in the answer.</summary>
    public async Task<Dictionary<Device, OlmSession>> ClaimAsync(IReadOnlyList<Device> devices, CancellationToken stop)
    {
        var sessions = new Dictionary<Device, OlmSession>();
        if (devices.Count == 0)
            return sessions;
        var asked = new JsonObject(devices.GroupBy(device => device.User).Select(user => KeyValuePair.Create<string, JsonNode?>(user.Key,
            new JsonObject(user.Select(device => KeyValuePair.Create<string, JsonNode?>(device.Id, "signed_curve25519"))))));
        var answer = await client.SendAsync(HttpMethod.Post, $"{V3}/claim", new JsonObject { ["one_time_keys"] = asked }, stop);
        foreach (var device in devices)
            foreach (var offered in answer.Entries("one_time_keys", device.User, device.Id).Take(1))
                if (Begin(device, offered.Value) is { } session)
                    sessions[device] = session;
        return sessions;
    }

    /// <summary>A session by a key that the device offered. One device whose keys are none must not keep the others from theirs.</summary>
    private OlmSession? Begin(Device device, JsonElement offered)
    {
        try
        {
            if (offered.Text("key") is { } key && Signing.IsSigned(offered, device.User, device.Id, device.SigningKey))
                return account.Outbound(device.IdentityKey, key);
            log.KeyRefused(device.User, device.Id, "its one-time key is not signed by it");
        }
        catch (OlmException error)
        {
            log.KeyRefused(device.User, device.Id, error.Message);
        }
        return null;
    }

    private Device? Read(string user, string device, JsonElement keys)
    {
        if (keys.Text("user_id") != user || keys.Text("device_id") != device || keys.Text("keys", $"curve25519:{device}") is not { } identity
            || keys.Text("keys", $"ed25519:{device}") is not { } signing || !Signing.IsSigned(keys, user, device, signing))
        {
            log.KeyRefused(user, device, "its keys are not signed by it");
            return null;
        }
        return keys.Texts("algorithms").Contains(Olm) ? new Device(user, device, identity, signing) : null;
    }

    private JsonObject Keys(string json, bool fallback) => new(JsonDocument.Parse(json).RootElement.Entries("curve25519").Select(key =>
    {
        var signed = new JsonObject { ["key"] = key.Value.GetString() };
        if (fallback)
            signed["fallback"] = true;
        return KeyValuePair.Create<string, JsonNode?>($"signed_curve25519:{key.Name}", Signed(signed));
    }));

    private JsonObject Signed(JsonObject json)
    {
        json["signatures"] = new JsonObject { [userId] = new JsonObject { [$"ed25519:{deviceId}"] = account.Sign(Signing.Canonical(json)) } };
        return json;
    }
}
