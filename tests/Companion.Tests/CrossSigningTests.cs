using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Crypto;
using Companion.Matrix;
using Registration.Tests.Harness;

namespace Companion.Tests;

/// <summary>The identity that signs the assistant's device, at a real Synapse.</summary>
[Collection(RealSynapse.Name)]
public sealed class CrossSigningTests(SynapseServer synapse)
{
    [NeedsFact("mmdebstrap", "root")]
    public async Task A_new_device_with_an_empty_database_is_signed_by_the_same_identity()
    {
        await using var first = await SecretPerson.MakeAsync(synapse, "signed", TimeProvider.System);
        var before = await KeysAsync(first.Account);
        await using var second = await SecretPerson.SignInAsync(synapse, first.Account, TimeProvider.System);
        var after = await KeysAsync(first.Account);

        var master = Only(before, "master_keys", first.Account.UserId);
        var selfSigning = Only(before, "self_signing_keys", first.Account.UserId);
        Assert.Equal((master, selfSigning), (Only(after, "master_keys", first.Account.UserId), Only(after, "self_signing_keys", first.Account.UserId)));
        Assert.True(Signing.IsSigned(after.Get("self_signing_keys", first.Account.UserId)!.Value, first.Account.UserId, master, master));
        var devices = after.Entries("device_keys", first.Account.UserId).ToList();
        Assert.Equal(2, devices.Count);
        Assert.All(devices, device => Assert.True(Signing.IsSigned(device.Value, first.Account.UserId, selfSigning, selfSigning)));
        // Its own signature stands beside.
        Assert.All(devices, device => Assert.True(Signing.IsSigned(device.Value, first.Account.UserId, device.Name, device.Value.Text("keys", $"ed25519:{device.Name}")!)));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task An_identity_that_somebody_else_gave_the_account_stays_and_is_told_of()
    {
        var account = await Person.MakeAsync(synapse, "adopted");
        using var master = new SigningKey(new byte[SigningKey.SeedLength]);
        await account.DoAsync(HttpMethod.Post, "/_matrix/client/v3/keys/device_signing/upload", new JsonObject
        {
            ["master_key"] = new JsonObject
            {
                ["user_id"] = account.UserId,
                ["usage"] = new JsonArray("master"),
                ["keys"] = new JsonObject { [$"ed25519:{master.PublicKey}"] = master.PublicKey },
            },
        });

        await using var person = await SecretPerson.SignInAsync(synapse, account, TimeProvider.System);

        Assert.Equal(master.PublicKey, Only(await KeysAsync(account), "master_keys", account.UserId));
        Assert.Contains("was not made with this pickle key", person.Log, StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Keys_that_are_not_the_assistants_own_are_not_signed_whatever_name_they_have()
    {
        var person = await Person.MakeAsync(synapse, "imposed");
        var device = (await person.DoAsync(HttpMethod.Get, "/_matrix/client/v3/account/whoami"))["device_id"]!.GetValue<string>();
        using var theirs = OlmAccount.Create();
        await person.DoAsync(HttpMethod.Post, "/_matrix/client/v3/keys/upload", RoomKeyTests.DeviceOnly(theirs, person.UserId, device));
        using var http = new HttpClient();
        using var own = OlmAccount.Create();
        var log = new CollectedLog();
        var client = new MatrixClient(http, synapse.Url, new SecretText(person.AccessToken), TimeProvider.System);
        using var identity = new CrossSigning(new SecretText("a pickle key of the tests, long enough"), person.UserId);

        await identity.PublishAsync(client, device, new DeviceKeys(client, null!, own, person.UserId, device, log), log, CancellationToken.None);
        var shown = (await KeysAsync(person)).Get("device_keys", person.UserId, device)!.Value;
        Assert.Single(shown.Entries("signatures", person.UserId));
        Assert.Contains($"The homeserver shows other keys for {device}", log.Text, StringComparison.Ordinal);

        await identity.PublishAsync(client, device, new DeviceKeys(client, null!, theirs, person.UserId, device, log), log, CancellationToken.None);
        Assert.Equal(2, (await KeysAsync(person)).Entries("device_keys", person.UserId, device, "signatures", person.UserId).Count());
    }

    private static async Task<JsonElement> KeysAsync(Person account) => JsonSerializer.SerializeToElement(
        await account.DoAsync(HttpMethod.Post, "/_matrix/client/v3/keys/query", new JsonObject { ["device_keys"] = new JsonObject { [account.UserId] = new JsonArray() } }));

    private static string Only(JsonElement keys, string kind, string user) => Assert.Single(keys.Entries(kind, user, "keys")).Value.GetString()!;
}
