using System.Text.Json.Nodes;
using Companion.Crypto;
using Companion.Matrix;
using Registration.Tests.Harness;

namespace Companion.Tests;

/// <summary>Who gets which key and when, between two devices on a real Synapse.</summary>
[Collection(RealSynapse.Name)]
public sealed class RoomKeyTests(SynapseServer synapse) : IAsyncLifetime
{
    private static int people;
    private readonly int number = Interlocked.Increment(ref people);
    private readonly SettableTime time = new();
    private SecretPerson bot = null!;
    private SecretPerson nana = null!;

    public async Task InitializeAsync()
    {
        bot = await SecretPerson.MakeAsync(synapse, $"keybot{number}", time);
        nana = await SecretPerson.MakeAsync(synapse, $"keynana{number}", time);
    }

    public async Task DisposeAsync()
    {
        await bot.DisposeAsync();
        await nana.DisposeAsync();
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_session_ends_by_count_by_age_and_when_somebody_who_has_its_key_leaves()
    {
        var room = await nana.MakeRoomAsync(new JsonObject { ["algorithm"] = "m.megolm.v1.aes-sha2", ["rotation_period_msgs"] = 2 }, bot);
        var first = await bot.SayAsync(room, "one");
        Assert.Equal(first, await bot.SayAsync(room, "two"));
        var second = await bot.SayAsync(room, "three");
        Assert.NotEqual(first, second);

        time.Now += TimeSpan.FromDays(8);
        var third = await bot.SayAsync(room, "four");
        Assert.NotEqual(second, third);
        Assert.Equal(["one", "two", "three", "four"], Bodies(await nana.HearAsync()));

        await nana.Account.DoAsync(HttpMethod.Post, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/leave", []);
        Assert.NotEqual(third, await bot.SayAsync(room, "five"));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Who_is_to_get_a_key_again_and_leaves_before_that_reads_nothing_more()
    {
        var room = await MakeRoomAsync();
        var session = await bot.SayAsync(room, "one");
        await nana.HearAsync();
        await AskAsync(nana, room, session, "again");
        await bot.HearAsync();
        await nana.Account.DoAsync(HttpMethod.Post, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/leave", []);

        Assert.NotEqual(session, await bot.SayAsync(room, "two"));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_message_of_a_device_that_is_no_text_ends_nothing()
    {
        var room = await MakeRoomAsync();
        await nana.SayAsync(room, "hello");
        string[] messages =
        [
            """{"type":"m.room_key_request","sender":"@mallory:example.test","content":{"action":"request","request_id":"\ud800","requesting_device_id":"D","body":{"room_id":"!r","session_id":"s"}}}""",
            """{"type":"m.room_key.withheld","sender":"@mallory:example.test","content":{"sender_key":"\ud800","code":"m.no_olm"}}""",
            """{"type":"m.room.encrypted","sender":"\ud800","content":{"algorithm":"m.olm.v1.curve25519-aes-sha2","sender_key":"\udfff","ciphertext":{}}}""",
            """{"type":"\ud800","sender":17}""",
        ];
        var sync = System.Text.Json.JsonDocument.Parse($$$"""{"next_batch":"n","to_device":{"events":[{{{string.Join(',', messages)}}}]}}""").RootElement;

        Assert.Empty(await bot.Encryption.TakeAsync(SyncBatch.Read(sync), CancellationToken.None));
        Assert.Equal(["hello"], Bodies(await bot.HearAsync()));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_message_that_is_shown_a_second_time_is_refused()
    {
        var room = await MakeRoomAsync();
        await nana.SayAsync(room, "once");
        RoomEvent? raw = null;
        var heard = Assert.Single(await bot.HearAsync(sync => raw = SyncBatch.Read(System.Text.Json.JsonSerializer.SerializeToElement(sync))
            .Events().Last(one => one.Event.Type == "m.room.encrypted").Event));

        Assert.Equal("once", heard.Content.Text("body"));
        await nana.Account.RemoveAsync(room, heard.EventId);
        Assert.Equal(heard.EventId, Assert.Single(await bot.HearAsync()).Redacts);
        Assert.NotNull(bot.Encryption.Read(raw!));
        Assert.Null(bot.Encryption.Read(raw! with { EventId = "$another" }));
        Assert.Null(bot.Encryption.Read(raw! with { Sender = "@mallory:example.test" }));
        Assert.Contains("it is a message that was there before", bot.Log, StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_key_of_a_device_that_is_not_in_the_list_yet_is_taken_after_one_more_look()
    {
        var room = await MakeRoomAsync();
        await bot.SayAsync(room, "hello");
        await nana.HearAsync();
        // She signs in anew, and the homeserver has not told of it when her key arrives.
        bot.Execute($"UPDATE device SET identity_key = 'x' || identity_key, device = 'OLD' WHERE user = '{nana.Account.UserId}'");
        await nana.SayAsync(room, "from my new phone");

        Assert.Equal(["from my new phone"], Bodies(await bot.HearAsync(sync => sync.Remove("device_lists"))));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_broken_session_is_begun_anew_once_and_the_next_message_can_be_read()
    {
        var room = await MakeRoomAsync();
        await nana.SayAsync(room, "before");
        Assert.Single(await bot.HearAsync());
        await bot.SayAsync(room, "before, too");
        Assert.Single(await nana.HearAsync());

        // What the bot sends now comes by a session that she has lost.
        nana.Execute("DELETE FROM olm_session");
        bot.Execute("DELETE FROM outbound_group");
        await bot.SayAsync(room, "lost");
        Assert.Empty(await nana.HearAsync());
        Assert.Contains("Began a new session", nana.Log, StringComparison.Ordinal);
        await bot.HearAsync();
        await bot.SayAsync(room, "found");
        Assert.Equal(["found"], Bodies(await nana.HearAsync()));

        // Not a second time within the hour.
        nana.Execute("DELETE FROM olm_session");
        bot.Execute("DELETE FROM outbound_group");
        await bot.SayAsync(room, "lost again");
        await nana.HearAsync();
        await bot.HearAsync();
        Assert.Empty(bot.ToDevice);
        time.Now += TimeSpan.FromHours(1);
        bot.Execute("DELETE FROM outbound_group");
        await bot.SayAsync(room, "and lost");
        await nana.HearAsync();
        await bot.HearAsync();
        Assert.Single(bot.ToDevice);
        await bot.SayAsync(room, "found again");
        Assert.Equal(["found again"], Bodies(await nana.HearAsync()));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Who_may_not_have_a_key_or_cannot_be_given_one_is_told_once()
    {
        var room = await MakeRoomAsync();
        await using var mallory = await SecretPerson.MakeAsync(synapse, $"mallory{number}", time);
        var session = await bot.SayAsync(room, "for nana");
        await nana.HearAsync();

        foreach (var person in (SecretPerson[])[mallory, nana, nana])
            await AskAsync(person, room, session, "1");
        await bot.HearAsync();
        await mallory.HearAsync();
        await nana.HearAsync();
        Assert.Equal(("m.unauthorised", session), Withheld(mallory));
        Assert.Equal(("m.unavailable", session), Withheld(nana));
        await bot.SayAsync(room, "and this");
        await nana.HearAsync();
        Assert.Equal("m.room.encrypted", Assert.Single(nana.ToDevice)["type"]!.GetValue<string>());

        // A device without keys to begin a session with.
        var signedIn = await nana.Account.SignInAsync();
        var phone = (await signedIn.DoAsync(HttpMethod.Get, "/_matrix/client/v3/account/whoami"))["device_id"]!.GetValue<string>();
        using var account = OlmAccount.Create();
        await signedIn.DoAsync(HttpMethod.Post, "/_matrix/client/v3/keys/upload", DeviceOnly(account, nana.Account.UserId, phone));
        await bot.HearAsync();
        await bot.SayAsync(room, "third");
        await bot.SayAsync(room, "fourth");
        var sync = await signedIn.DoAsync(HttpMethod.Get, "/_matrix/client/v3/sync?timeout=0");
        Assert.Equal("m.no_olm", Assert.Single(sync["to_device"]!["events"]!.AsArray())!["content"]!["code"]!.GetValue<string>());
    }

    internal static JsonObject DeviceOnly(OlmAccount account, string user, string device)
    {
        var own = JsonNode.Parse(account.IdentityKeys)!;
        var keys = new JsonObject
        {
            ["user_id"] = user,
            ["device_id"] = device,
            ["algorithms"] = new JsonArray(DeviceKeys.Olm, DeviceKeys.Megolm),
            ["keys"] = new JsonObject { [$"curve25519:{device}"] = own["curve25519"]!.DeepClone(), [$"ed25519:{device}"] = own["ed25519"]!.DeepClone() },
        };
        keys["signatures"] = new JsonObject { [user] = new JsonObject { [$"ed25519:{device}"] = account.Sign(Signing.Canonical(keys)) } };
        return new JsonObject { ["device_keys"] = keys };
    }

    private async Task AskAsync(SecretPerson person, string room, string session, string request)
    {
        var who = await person.Account.DoAsync(HttpMethod.Get, "/_matrix/client/v3/account/whoami");
        await person.Account.DoAsync(HttpMethod.Put, $"/_matrix/client/v3/sendToDevice/m.room_key_request/{Guid.NewGuid():N}", new JsonObject
        {
            ["messages"] = new JsonObject
            {
                [bot.Account.UserId] = new JsonObject
                {
                    ["*"] = new JsonObject
                    {
                        ["action"] = "request",
                        ["request_id"] = request,
                        ["requesting_device_id"] = who["device_id"]!.DeepClone(),
                        ["body"] = new JsonObject { ["algorithm"] = DeviceKeys.Megolm, ["room_id"] = room, ["session_id"] = session, ["sender_key"] = "" },
                    },
                },
            },
        });
    }

    private static (string, string) Withheld(SecretPerson person)
    {
        var content = Assert.Single(person.ToDevice, one => one["type"]!.GetValue<string>() == "m.room_key.withheld")["content"]!;
        return (content["code"]!.GetValue<string>(), content["session_id"]!.GetValue<string>());
    }

    private Task<string> MakeRoomAsync() => nana.MakeRoomAsync(new JsonObject { ["algorithm"] = "m.megolm.v1.aes-sha2" }, bot);

    private static IEnumerable<string?> Bodies(IEnumerable<RoomEvent> events) => events.Select(one => one.Content.Text("body"));
}
