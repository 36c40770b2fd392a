using System.Text.Json.Nodes;
using Companion.Crypto;
using Companion.Matrix;
using Companion.State;
using Registration.Tests.Harness;

namespace Companion.Tests.Harness;

/// <summary>A device with the assistant's own cryptography, on a real Synapse: for what a Matrix app's library does not let a test do.</summary>
internal sealed class SecretPerson : IAsyncDisposable
{
    private readonly HttpClient http = new();
    private readonly TemporaryFolder folder = new();
    private readonly CollectedLog log = new();
    private readonly Database database;
    private readonly MatrixClient client;
    private readonly string deviceId;
    private readonly TimeProvider time;
    private string? since;

    private SecretPerson(SynapseServer synapse, Person account, string deviceId, TimeProvider time)
    {
        (Account, this.deviceId, this.time) = (account, deviceId, time);
        client = new MatrixClient(http, synapse.Url, new SecretText(account.AccessToken), TimeProvider.System);
        database = Database.Open(Path.Combine(folder.Path, "companion.db"));
    }

    public Person Account { get; }

    public string Log => log.Text;

    public Encryption Encryption { get; private set; } = null!;

    /// <summary>What came from device to device with the last sync.</summary>
    public IReadOnlyList<JsonNode> ToDevice { get; private set; } = [];

    public static async Task<SecretPerson> MakeAsync(SynapseServer synapse, string name, TimeProvider time) =>
        await StartAsync(synapse, await Person.MakeAsync(synapse, name), time);

    /// <summary>Signs in on another device.</summary>
    public static async Task<SecretPerson> SignInAsync(SynapseServer synapse, Person account, TimeProvider time) =>
        await StartAsync(synapse, await account.SignInAsync(), time);

    private static async Task<SecretPerson> StartAsync(SynapseServer synapse, Person account, TimeProvider time)
    {
        var who = await account.DoAsync(HttpMethod.Get, "/_matrix/client/v3/account/whoami");
        var person = new SecretPerson(synapse, account, who["device_id"]!.GetValue<string>(), time);
        await person.StartAsync();
        return person;
    }

    /// <summary>Begins anew with what is on the disk.</summary>
    public async Task StartAsync()
    {
        Encryption?.Dispose();
        var pickleKey = new SecretText("a pickle key of the tests, long enough");
        Encryption = await Encryption.StartAsync(client, new KeyStore(database, pickleKey, time), pickleKey, Account.UserId, deviceId, time, log, CancellationToken.None);
        await HearAsync();
    }

    public int Execute(string sql) => database.Execute(sql);

    /// <summary>Makes a room with encryption, which the others join.</summary>
    public async Task<string> MakeRoomAsync(JsonObject encryption, params SecretPerson[] others)
    {
        var made = await Account.DoAsync(HttpMethod.Post, "/_matrix/client/v3/createRoom", new JsonObject
        {
            ["preset"] = "private_chat",
            ["invite"] = new JsonArray([.. others.Select(other => JsonValue.Create(other.Account.UserId))]),
            ["initial_state"] = new JsonArray(new JsonObject { ["type"] = "m.room.encryption", ["state_key"] = "", ["content"] = encryption }),
        });
        var room = made["room_id"]!.GetValue<string>();
        foreach (var other in others)
            await other.Account.DoAsync(HttpMethod.Post, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/join", []);
        foreach (var one in others.Append(this))
            await one.HearAsync();
        return room;
    }

    /// <summary>Writes into the room, and says by which session.</summary>
    public async Task<string> SayAsync(string room, string text)
    {
        var (type, content) = await Encryption.WriteAsync(room, "m.room.message", new JsonObject { ["msgtype"] = "m.text", ["body"] = text }, CancellationToken.None);
        await client.SendEventAsync(room, type, content, RoomSender.NewTransaction(), CancellationToken.None);
        return content["session_id"]!.GetValue<string>();
    }

    /// <summary>What others wrote since the last time, as far as it can be read, and after it was handed to <paramref name="change"/>.</summary>
    public async Task<List<RoomEvent>> HearAsync(Action<JsonObject>? change = null)
    {
        var answer = JsonNode.Parse((await client.SyncAsync(since, TimeSpan.Zero, CancellationToken.None)).GetRawText())!.AsObject();
        change?.Invoke(answer);
        var batch = SyncBatch.Read(System.Text.Json.JsonSerializer.SerializeToElement(answer));
        ToDevice = [.. answer["to_device"]?["events"]?.AsArray().Select(one => one!) ?? []];
        var late = await Encryption.TakeAsync(batch, CancellationToken.None);
        since = batch.NextBatch;
        return [.. late.Concat(batch.Events().Where(one => one.IsNew).Select(one => one.Event)).Where(one => one.Sender != Account.UserId && one.StateKey is null)
            .Select(Encryption.Read).OfType<RoomEvent>()];
    }

    public ValueTask DisposeAsync()
    {
        Encryption.Dispose();
        database.Dispose();
        http.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
