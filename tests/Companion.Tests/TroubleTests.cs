using System.Diagnostics;
using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Companion.Tests;

/// <summary>The assistant behind a gateway that loses things, before a homeserver that is away for a while.</summary>
[Collection(RealSynapse.Name)]
public sealed class TroubleTests(SynapseServer synapse) : IAsyncLifetime
{
    private static int people;
    private readonly int number = Interlocked.Increment(ref people);
    private FakeClaude claude = null!;
    private Relay relay = null!;
    private Person nana = null!;
    private Person bot = null!;

    public async Task InitializeAsync()
    {
        claude = await FakeClaude.StartAsync();
        relay = await Relay.StartAsync(synapse);
        nana = await Person.MakeAsync(synapse, $"patient{number}");
        bot = await Person.MakeAsync(synapse, $"troubled{number}");
    }

    public async Task DisposeAsync()
    {
        await claude.DisposeAsync();
        await relay.DisposeAsync();
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_homeserver_that_is_away_for_a_minute_loses_neither_an_invitation_nor_an_answer()
    {
        await using var assistant = await StartAsync();
        Away("/join");
        var room = await JoinedAsync();
        Away("/send/");
        await nana.SayAsync(room, $"{bot.UserId} hello");

        await nana.WaitAsync(room, bot.UserId, messages => messages is [var only] && only.EndsWith("hello", StringComparison.Ordinal));

        void Away(string part)
        {
            var clock = Stopwatch.StartNew();
            relay.Rule = http => Relay.IsFor(http, part) && clock.Elapsed < TimeSpan.FromMinutes(1) / Hasty ? Relay.RefuseAsync(http, 502) : relay.PassAsync(http);
        }
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_message_whose_receipt_was_lost_stands_in_the_room_once_and_grows()
    {
        var story = string.Join(' ', Enumerable.Range(1, 100).Select(word => $"word{word}"));
        claude.Answers(Reply.Start().Says(story).Ends("end_turn", pause: TimeSpan.FromMilliseconds(150)));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        var count = 0;
        relay.Rule = http => Relay.IsFor(http, "/send/") && Interlocked.Increment(ref count) == 1 ? relay.LoseAnswerAsync(http) : relay.PassAsync(http);

        await nana.SayAsync(room, $"{bot.UserId} a story");

        Assert.Single(await nana.WaitAsync(room, bot.UserId, messages => messages.Contains(story)));
        Assert.True(count > 1, "nothing was sent before the end");
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Whose_answer_ended_without_a_word_is_told_when_the_assistant_is_back()
    {
        claude.Answers(Reply.Start().Says(new string('y', 8000)).Ends("end_turn", pause: TimeSpan.FromMilliseconds(200)));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        relay.Rule = http => Relay.IsFor(http, "/send/") ? Relay.RefuseAsync(http, 403) : relay.PassAsync(http);
        var question = await nana.SayAsync(room, $"{bot.UserId} a long story");
        while (claude.Requests.Count == 0)
            await Task.Delay(20);
        await assistant.StopAsync();

        relay.Rule = relay.PassAsync;
        await assistant.StartAsync();
        var said = await nana.WaitAsync(room, bot.UserId, messages => messages.Count > 0);
        await assistant.StopAsync();
        await assistant.StartAsync();
        await nana.SayAsync(room, $"{bot.UserId} again");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 2);

        Assert.Contains("stopped in the midst", Assert.Single(said), StringComparison.Ordinal);
        var notice = (await nana.MessagesAsync(room)).First(one => one["sender"]!.GetValue<string>() == bot.UserId)["content"]!["m.relates_to"]!;
        Assert.Equal((question, question), (notice["event_id"]!.GetValue<string>(), notice["m.in_reply_to"]!["event_id"]!.GetValue<string>()));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_wait_that_cannot_be_meant_is_none_of_years_and_ends_nothing()
    {
        const string endless = "9223372036854775807";
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        var refusals = new List<(string Part, string Wait)> { ("/sync", "-5"), ("/sync", endless), ("/send/", "-5"), ("/send/", endless) };
        relay.Rule = http =>
        {
            string? wait;
            lock (refusals)
            {
                var (part, milliseconds) = refusals.Find(one => Relay.IsFor(http, one.Part));
                refusals.Remove((part, wait = milliseconds));
            }
            return wait is null ? relay.PassAsync(http) : Relay.RefuseAsync(http, 429, $$"""{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": {{wait}}}""");
        };

        await nana.SayAsync(room, $"{bot.UserId} hello");

        await nana.WaitAsync(room, bot.UserId, messages => messages.Count > 0);
        Assert.Empty(refusals);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task An_invitation_in_anothers_name_is_declined()
    {
        var stranger = await Person.MakeAsync(synapse, $"forger{number}");
        relay.Rule = http => relay.PassAsync(http, Forged);
        await using var assistant = await StartAsync(("ACCESS_MAY_INVITE", $"[\"{nana.UserId}\"]"));

        var theirs = await stranger.MakeRoomAsync(bot.UserId);
        while (await stranger.MembershipAsync(theirs, bot.UserId) == "invite")
            await Task.Delay(50);

        Assert.Equal("leave", await stranger.MembershipAsync(theirs, bot.UserId));

        // What a server that invites says of its room stands before what the homeserver knows.
        string Forged(string answer)
        {
            var json = JsonNode.Parse(answer)!;
            foreach (var (_, invited) in json["rooms"]?["invite"]?.AsObject() ?? [])
            {
                var events = invited!["invite_state"]!["events"]!.AsArray();
                var forged = events.First(one => one!["type"]!.GetValue<string>() == "m.room.member" && one["state_key"]!.GetValue<string>() == bot.UserId)!.DeepClone();
                forged["sender"] = nana.UserId;
                events.Insert(0, forged);
            }
            return json.ToJsonString();
        }
    }

    private const double Hasty = 20;

    private async Task<Assistant> StartAsync(params (string, string)[] more)
    {
        var assistant = new Assistant(synapse, bot, claude, new HastyTime(Hasty), [("MATRIX_HOMESERVER_URL", relay.Url), .. more]);
        await assistant.StartAsync();
        return assistant;
    }

    private async Task<string> JoinedAsync()
    {
        var room = await nana.MakeRoomAsync(bot.UserId);
        for (var patience = Stopwatch.StartNew(); await nana.MembershipAsync(room, bot.UserId) != "join"; await Task.Delay(50))
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(40), "it does not join");
        return room;
    }
}
