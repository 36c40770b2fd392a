using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Companion.Tests;

/// <summary>The assistant in rooms of a real Synapse.</summary>
[Collection(RealSynapse.Name)]
public sealed class ChatTests(SynapseServer synapse) : IAsyncLifetime
{
    private static int people;
    private readonly int number = Interlocked.Increment(ref people);
    private FakeClaude claude = null!;
    private Person nana = null!;
    private Person bot = null!;

    public async Task InitializeAsync()
    {
        claude = await FakeClaude.StartAsync();
        nana = await Person.MakeAsync(synapse, $"nana{number}");
        bot = await Person.MakeAsync(synapse, $"claude{number}");
    }

    public async Task DisposeAsync() => await claude.DisposeAsync();

    [NeedsFact("mmdebstrap", "root")]
    public async Task It_joins_when_invited_and_answers_a_mention_in_a_thread()
    {
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();

        var question = await nana.SayAsync(room, $"{bot.UserId} hello there");

        var said = Assert.Single(await nana.WaitAsync(room, bot.UserId, messages => messages.Count > 0));
        Assert.Matches($@"^You said: \[20.* UTC\] {nana.UserId}: hello there$", said);
        var relation = (await nana.MessagesAsync(room))[^1]["content"]!["m.relates_to"]!;
        Assert.Equal("m.thread", relation["rel_type"]!.GetValue<string>());
        Assert.Equal(question, relation["event_id"]!.GetValue<string>());
        Assert.Equal(question, relation["m.in_reply_to"]!["event_id"]!.GetValue<string>());
        Assert.True(relation["is_falling_back"]!.GetValue<bool>());
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_conversation_is_one_thread_and_survives_a_restart_and_what_came_meanwhile_stays_unanswered()
    {
        claude.Answers(Reply.Text("Nice to meet you."), Reply.Text("Nana."), Reply.Text("Who?"));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        var thread = await nana.SayAsync(room, $"{bot.UserId} I am Nana");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 1);

        await assistant.StopAsync();
        await nana.SayAsync(room, $"{bot.UserId} are you there?");
        await assistant.StartAsync();
        await nana.SayAsync(room, $"{bot.UserId} who am I?", thread);
        await nana.WaitAsync(room, bot.UserId, messages => messages.Contains("Nana."));
        await nana.SayAsync(room, $"{bot.UserId} who am I?");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Contains("Who?"));

        // The homeserver was asked anew, and its answer from before the restart was not taken for the present.
        Assert.Equal([1, 3, 1], claude.Requests.Select(request => request["messages"]!.AsArray().Count));
        Assert.EndsWith("I am Nana", claude.Requests[1]["messages"]![0]!["content"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("Nice to meet you.", claude.Requests[1]["messages"]![1]!["content"]!.GetValue<string>());
        Assert.DoesNotContain(claude.Requests, request => FakeClaude.Asked(request).Contains("are you there", StringComparison.Ordinal));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Who_may_not_invite_or_talk_is_left_alone()
    {
        var stranger = await Person.MakeAsync(synapse, $"stranger{number}");
        await using var assistant = await StartAsync(("ACCESS_MAY_INVITE", $"[\"{nana.UserId}\"]"), ("ACCESS_MAY_TALK", $"[\"{nana.UserId}\"]"));
        var room = await JoinedAsync(stranger.UserId);
        await stranger.DoAsync(HttpMethod.Post, $"/_matrix/client/v3/rooms/{Uri.EscapeDataString(room)}/join", []);
        var theirs = await stranger.MakeRoomAsync(bot.UserId);

        await stranger.SayAsync(room, $"{bot.UserId} give me the secrets");
        var mine = await nana.SayAsync(room, $"{bot.UserId} hello");
        await nana.SayAsync(room, $"{bot.UserId} hello (an edit)", replaces: mine);
        await nana.SayAsync(room, $"{bot.UserId}");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Count > 0);
        while (await stranger.MembershipAsync(theirs, bot.UserId) != "leave")
            await Task.Delay(100);

        Assert.EndsWith("hello", FakeClaude.Asked(Assert.Single(claude.Requests)), StringComparison.Ordinal);
        Assert.Single(await nana.ReadAsync(room, bot.UserId));
        Assert.Contains("may not talk", assistant.Log, StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_long_answer_appears_early_and_grows_by_edits()
    {
        var story = string.Join(' ', Enumerable.Range(1, 250).Select(word => $"word{word}"));
        claude.Answers(Reply.Start().Says(story).Ends("end_turn", pause: TimeSpan.FromMilliseconds(150)));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();

        await nana.SayAsync(room, $"{bot.UserId} a story");
        var early = await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 1);
        var whole = await nana.WaitAsync(room, bot.UserId, messages => messages.Contains(story));

        Assert.EndsWith(" …", Assert.Single(early), StringComparison.Ordinal);
        Assert.Single(whole);
        // 1,900 characters in 40s, 150 ms each: seven seconds, and as many edits as are sane.
        Assert.InRange((await nana.MessagesAsync(room)).Count(one => one["sender"]!.GetValue<string>() == bot.UserId), 3, 5);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_failed_turn_is_an_apology_and_leaves_the_history()
    {
        claude.Answers(Reply.Start().Says("half an ans").Breaks(), Reply.Refuses(401, "authentication_error", "no"), Reply.Text("Here I am."));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();

        var thread = await nana.SayAsync(room, $"{bot.UserId} one");
        Assert.Contains("broke off", (await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 1))[0], StringComparison.Ordinal);
        await nana.SayAsync(room, $"{bot.UserId} two", thread);
        Assert.Contains("my key", (await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 2))[1], StringComparison.Ordinal);
        await nana.SayAsync(room, $"{bot.UserId} three", thread);
        await nana.WaitAsync(room, bot.UserId, messages => messages.Contains("Here I am."));

        Assert.Single(claude.Requests[^1]["messages"]!.AsArray());
        Assert.DoesNotContain("sk-test", assistant.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(bot.AccessToken, assistant.Log, StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_question_that_the_model_refuses_is_said_to_be_and_burdens_no_later_one()
    {
        claude.Answers(Reply.Start().Says("First you ").Ends("refusal"), Reply.Text("Of course."));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();

        var thread = await nana.SayAsync(room, $"{bot.UserId} a crime");
        Assert.Contains("I may not go on", (await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 1))[0], StringComparison.Ordinal);
        await nana.SayAsync(room, $"{bot.UserId} a cake", thread);
        await nana.WaitAsync(room, bot.UserId, messages => messages.Contains("Of course."));

        Assert.Single(claude.Requests[^1]["messages"]!.AsArray());
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task A_question_that_was_removed_is_forgotten_also_while_it_is_answered()
    {
        claude.Answers(Reply.Text("Noted."), Reply.Start().Says(new string('x', 400)).Ends("end_turn", pause: TimeSpan.FromMilliseconds(200)));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        var thread = await nana.SayAsync(room, $"{bot.UserId} my password is 1234");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 1);
        await nana.RemoveAsync(room, thread);
        var second = await nana.SayAsync(room, $"{bot.UserId} and my PIN 5678", thread);
        await AskedAsync(2);
        await nana.RemoveAsync(room, second);
        await nana.SayAsync(room, $"{bot.UserId} what did I say?", thread);
        await AskedAsync(3);

        Assert.Single(claude.Requests[1]["messages"]!.AsArray());
        Assert.Single(claude.Requests[2]["messages"]!.AsArray());
        Assert.EndsWith("what did I say?", FakeClaude.Asked(claude.Requests[2]), StringComparison.Ordinal);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Who_shows_it_a_picture_is_told_that_it_reads_text_only()
    {
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        JsonObject Picture(params string[] mentioned) => new()
        {
            ["msgtype"] = "m.image",
            ["body"] = "what is this?",
            ["filename"] = "cat.png",
            ["url"] = "mxc://example.test/cat",
            ["m.mentions"] = new JsonObject { ["user_ids"] = new JsonArray([.. mentioned.Select(user => JsonValue.Create(user))]) },
        };

        await nana.SendAsync(room, Picture());
        await nana.SendAsync(room, Picture(bot.UserId));

        Assert.Contains("text only", Assert.Single(await nana.WaitAsync(room, bot.UserId, messages => messages.Count > 0)), StringComparison.Ordinal);
        Assert.Equal("m.notice", (await nana.MessagesAsync(room))[^1]["content"]!["msgtype"]!.GetValue<string>());
        Assert.Empty(claude.Requests);
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task When_the_month_is_paid_it_says_so_and_asks_the_model_no_more_until_the_next()
    {
        var time = new SettableTime();
        claude.Answers(Reply.Text("Dear.", output: 8000));
        await using var assistant = new Assistant(synapse, bot, claude, time, ("SPENDING_MONTHLY_LIMIT", "0.10"));
        await assistant.StartAsync();
        var room = await JoinedAsync();
        await nana.SayAsync(room, $"{bot.UserId} one");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Contains("Dear."));

        await assistant.StopAsync();
        await assistant.StartAsync();
        await nana.SayAsync(room, $"{bot.UserId} two");
        await nana.WaitAsync(room, bot.UserId, messages =>
            messages.Contains("The budget of $0.10 for this month is used up. I can answer again from 1 January 2027 (UTC)."));
        Assert.Single(claude.Requests);

        time.Now = time.Now.AddMonths(1);
        await nana.SayAsync(room, $"{bot.UserId} three");
        await nana.WaitAsync(room, bot.UserId, messages => messages.Count == 3 && messages[2].StartsWith("You said", StringComparison.Ordinal));
    }

    [NeedsFact("mmdebstrap", "root")]
    public async Task Told_to_stop_it_finishes_a_short_answer_and_apologises_for_a_long_one()
    {
        claude.Answers(
            Reply.Start().Says(new string('x', 200)).Ends("end_turn", pause: TimeSpan.FromMilliseconds(200)),
            Reply.Start().Says(new string('y', 8000)).Ends("end_turn", pause: TimeSpan.FromMilliseconds(200)));
        await using var assistant = await StartAsync();
        var room = await JoinedAsync();
        await nana.SayAsync(room, $"{bot.UserId} short");
        await AskedAsync(1);
        await nana.SayAsync(room, $"{bot.UserId} long");
        await AskedAsync(2);

        await assistant.StopAsync();

        var said = await nana.ReadAsync(room, bot.UserId);
        Assert.Contains(new string('x', 200), said);
        Assert.Contains(said, message => message.StartsWith("yyy", StringComparison.Ordinal) && message.EndsWith("Please ask me again in a minute.*", StringComparison.Ordinal));
        var sync = await nana.DoAsync(HttpMethod.Get, "/_matrix/client/v3/sync");
        Assert.Empty(sync["rooms"]!["join"]![room]!["ephemeral"]!["events"]!.AsArray()
            .Where(one => one!["type"]!.GetValue<string>() == "m.typing").SelectMany(one => one!["content"]!["user_ids"]!.AsArray()));
    }

    private async Task AskedAsync(int count)
    {
        while (claude.Requests.Count < count)
            await Task.Delay(20);
    }

    private async Task<Assistant> StartAsync(params (string, string)[] more)
    {
        var assistant = new Assistant(synapse, bot, claude, null, more);
        await assistant.StartAsync();
        return assistant;
    }

    private async Task<string> JoinedAsync(params string[] others)
    {
        var room = await nana.MakeRoomAsync([bot.UserId, .. others]);
        while (await nana.MembershipAsync(room, bot.UserId) != "join")
            await Task.Delay(50);
        return room;
    }
}
