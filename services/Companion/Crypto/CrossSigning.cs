using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Hosting;
using Companion.Matrix;
using Microsoft.Extensions.Logging;
using ServiceHost;

namespace Companion.Crypto;

/// <summary>
/// The assistant's own identity, which signs its device: clients then show the device as its owner's (specification v1.11, "Cross-signing").
/// Its keys are made of the pickle key each time: nothing more has to be kept, and a new device, or an empty database, has the same
/// identity. It signs nobody else's.
/// </summary>
internal sealed class CrossSigning : IDisposable
{
    private const string V3 = "/_matrix/client/v3/keys";

    // The public keys are for everybody to see: who would find the pickle key by them has to try this often for each guess.
    private const int Iterations = 200_000;

    private readonly string userId;
    private readonly SigningKey master;
    private readonly SigningKey selfSigning;

    public CrossSigning(SecretText pickleKey, string userId)
    {
        this.userId = userId;
        var salt = Encoding.UTF8.GetBytes($"cross-signing {userId}");
        var seeds = Rfc2898DeriveBytes.Pbkdf2(pickleKey.Reveal(), salt, Iterations, HashAlgorithmName.SHA512, 2 * SigningKey.SeedLength);
        try
        {
            master = new SigningKey(seeds[..SigningKey.SeedLength]);
            selfSigning = new SigningKey(seeds[SigningKey.SeedLength..]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seeds);
        }
    }

    /// <summary>
    /// Sees to it that the homeserver has the identity, and its signature of the device. Where somebody has given the account another one,
    /// that one stays: to replace it takes the account's password, which the assistant does not have.
    /// </summary>
    /// <param name="client">The way there.</param>
    /// <param name="deviceId">The assistant's device.</param>
    /// <param name="keys">Its keys: what the homeserver shows under the device's name is signed only where it is these.</param>
    /// <param name="log">Where to tell.</param>
    /// <param name="stop">Ends it.</param>
    public async Task PublishAsync(MatrixClient client, string deviceId, DeviceKeys keys, ILogger log, CancellationToken stop)
    {
        try
        {
            var asked = new JsonObject { ["device_keys"] = new JsonObject { [userId] = new JsonArray() } };
            var known = await client.SendAsync(HttpMethod.Post, $"{V3}/query", asked, stop);
            if (known.Get("master_keys", userId) is { } there && there.Text("keys", $"ed25519:{master.PublicKey}") != master.PublicKey)
            {
                log.NotItsIdentity(userId);
                return;
            }
            if (known.Text("self_signing_keys", userId, "keys", $"ed25519:{selfSigning.PublicKey}") != selfSigning.PublicKey)
                await client.SendAsync(HttpMethod.Post, $"{V3}/device_signing/upload", new JsonObject
                {
                    ["master_key"] = Key(master, "master"),
                    ["self_signing_key"] = Signed(Key(selfSigning, "self_signing"), master),
                }, stop);
            if (known.Get("device_keys", userId, deviceId) is not { } device || Signing.IsSigned(device, userId, selfSigning.PublicKey, selfSigning.PublicKey))
                return;
            if (device.Text("keys", $"ed25519:{deviceId}") != keys.SigningKey || device.Text("keys", $"curve25519:{deviceId}") != keys.IdentityKey
                || !Signing.IsSigned(device, userId, deviceId, keys.SigningKey))
            {
                log.NotItsKeys(deviceId);
                return;
            }
            var answer = await client.SendAsync(HttpMethod.Post, $"{V3}/signatures/upload", new JsonObject
            {
                [userId] = new JsonObject { [deviceId] = Signed(JsonObject.Create(device)!, selfSigning) },
            }, stop);
            foreach (var failure in answer.Entries("failures", userId))
                log.MatrixFailed("the signature of the device", failure.Value.Text("error") ?? failure.Name);
        }
        catch (MatrixException error) when (!error.IsPassing)
        {
            // Without a signature it is as good as it was, only shown otherwise.
            log.MatrixFailed("the identity that signs the device", error.Message);
        }
    }

    public void Dispose()
    {
        master.Dispose();
        selfSigning.Dispose();
    }

    private JsonObject Key(SigningKey key, string usage) => new()
    {
        ["user_id"] = userId,
        ["usage"] = new JsonArray(usage),
        ["keys"] = new JsonObject { [$"ed25519:{key.PublicKey}"] = key.PublicKey },
    };

    private JsonObject Signed(JsonObject json, SigningKey by)
    {
        json.Remove("unsigned");
        var signature = by.Sign(Signing.Canonical(json));
        json["signatures"] = new JsonObject { [userId] = new JsonObject { [$"ed25519:{by.PublicKey}"] = signature } };
        return json;
    }
}
