using System.Text.Json.Nodes;
using Companion.Claude;
using Companion.Conversation;
using Companion.Spending;

namespace Companion.Tests;

/// <summary>Questions and answers, against the API as it is on the wire.</summary>
public sealed class AnsweringTests : IAsyncLifetime
{
    private FakeClaude claude = null!;

    public async Task InitializeAsync() => claude = await FakeClaude.StartAsync();

    public async Task DisposeAsync() => await claude.DisposeAsync();

    [Fact]
    public async Task An_answer_arrives_in_pieces_and_costs_what_was_counted()
    {
        claude.Answers(Reply.Start(Reply.Usage(input: 1000, read: 5000, written: 400)).Thinks().Says(new string('x', 100)).Ends("end_turn", output: 200));
        await using var answerer = new Answerer(claude);

        var answer = await answerer.AskAsync("hello");

        Assert.Equal(new string('x', 100), answer);
        Assert.Equal([40, 80, 100], answerer.Shown.Select(text => text.Length));
        Assert.Equal((1000 * 2m + 5000 * 0.1m + 400 * 2.5m + 200 * 10m) / 1_000_000, answerer.Ledger.SpentThisMonth);
        Assert.Equal("Bearer sk-test", claude.Key);
    }

    [Fact]
    public async Task The_conversation_and_the_instructions_go_along_and_are_marked_for_the_cache()
    {
        await using var answerer = new Answerer(claude, webSearch: true);

        await answerer.AskAsync("and now?", new Turn("first", "one"), new Turn("second", "two"));

        var request = Assert.Single(claude.Requests);
        Assert.Equal("ephemeral", request["system"]![0]!["cache_control"]!["type"]!.GetValue<string>());
        Assert.Equal(["first", "one", "second", "two"], request["messages"]!.AsArray().SkipLast(1).Select(message => message!["content"]!.GetValue<string>()));
        Assert.Equal("ephemeral", request["messages"]![4]!["content"]![0]!["cache_control"]!["type"]!.GetValue<string>());
        Assert.Equal(["fs_list", "fs_read", "fs_write", "web_search"], request["tools"]!.AsArray().Select(tool => tool!["name"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_tool_runs_and_the_model_goes_on_with_its_own_words_to_the_letter()
    {
        claude.Answers(
            Reply.Start().Thinks().Says("Let me look.").Uses("fs_read", new JsonObject { ["path"] = "a.txt" }).Ends("tool_use"),
            Reply.Text("It says hello."));
        await using var answerer = new Answerer(claude);
        await File.WriteAllTextAsync(Path.Combine(answerer.Sandbox, "a.txt"), "hello");

        var answer = await answerer.AskAsync("what does a.txt say?");

        Assert.Equal("Let me look.\n\nIt says hello.", answer);
        var messages = claude.Requests[1]["messages"]!.AsArray();
        Assert.Equal("""{"type":"thinking","signature":"c2lnbmVk","thinking":""}""", messages[1]!["content"]![0]!.ToJsonString());
        Assert.Equal("""{"path":"a.txt"}""", messages[1]!["content"]![2]!["input"]!.ToJsonString());
        Assert.Equal("hello", messages[2]!["content"]![0]!["content"]!.GetValue<string>());
        Assert.Equal("toolu_1", messages[2]!["content"]![0]!["tool_use_id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("fs_read", """{"path": "../secret"}""", "leads out of the sandbox")]
    [InlineData("fs_read", """{}""", "\"path\" must be a string")]
    [InlineData("rm_rf", """{}""", "no tool rm_rf")]
    public async Task A_failure_of_a_tool_is_a_result_that_the_model_sees(string tool, string input, string reason)
    {
        claude.Answers(Reply.Calls(tool, JsonNode.Parse(input)!.AsObject()), Reply.Text("I could not."));
        await using var answerer = new Answerer(claude);

        Assert.Equal("I could not.", await answerer.AskAsync("do it"));

        var result = claude.Requests[1]["messages"]![2]!["content"]![0]!;
        Assert.True(result["is_error"]!.GetValue<bool>());
        Assert.Contains(reason, result["content"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_its_last_round_of_tools_the_model_has_to_answer()
    {
        claude.Answers(Enumerable.Range(0, 3).Select(_ => Reply.Calls("fs_list", new JsonObject { ["path"] = "." }))).Answers(Reply.Text("Enough."));
        await using var answerer = new Answerer(claude, rounds: 3);

        Assert.Equal("Enough.", await answerer.AskAsync("look around"));

        Assert.Equal(4, claude.Requests.Count);
        Assert.Null(claude.Requests[2]["tool_choice"]);
        Assert.Equal("none", claude.Requests[3]["tool_choice"]!["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_search_is_paid_and_a_paused_turn_goes_on()
    {
        claude.Answers(
            Reply.Start(Reply.Usage(input: 0)).Searches().Ends("pause_turn", output: 0, searches: 2),
            Reply.Start(Reply.Usage(input: 0)).Says("It rains.").Ends("end_turn", output: 0));
        await using var answerer = new Answerer(claude, webSearch: true);

        Assert.Equal("It rains.", await answerer.AskAsync("weather?"));

        Assert.Equal(0.02m, answerer.Ledger.SpentThisMonth);
        Assert.Equal("c2VjcmV0", claude.Requests[1]["messages"]![1]!["content"]![1]!["content"]![0]!["encrypted_content"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_was_found_on_the_web_is_shown_with_its_sources()
    {
        claude.Answers(Reply.Start().Searches()
            .Says("In short: ").Cites("it rains", "https://weather.example/(oslo)?day=1", "Weather [Oslo]").Says(" and ").Cites("is cold", "https://met.example/", "")
            .Cites(".", "https://met.example/", "").Cites("", "javascript:alert(1)", "No page").Ends("end_turn", searches: 1));
        await using var answerer = new Answerer(claude, webSearch: true);

        Assert.Equal(
            "In short: it rains and is cold.\n\nSources: [Weather  Oslo](https://weather.example/%28oslo%29?day=1), [met.example](https://met.example/)",
            await answerer.AskAsync("weather?"));
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public async Task What_searches_may_bring_to_read_is_reserved_too(bool webSearch, int requests)
    {
        await using var answerer = new Answerer(claude, limit: 0.30m, webSearch: webSearch);

        var asked = await Record.ExceptionAsync(() => answerer.AskAsync("weather?"));

        Assert.Equal(webSearch, asked is LimitReachedException);
        Assert.Equal(requests, claude.Requests.Count);
    }

    [Fact]
    public async Task An_answer_that_is_cut_off_or_refused_says_so()
    {
        claude.Answers(Reply.Start().Says("Once upon").Ends("max_tokens"), Reply.Start().Ends("refusal"), Reply.Start().Ends("end_turn"));
        await using var answerer = new Answerer(claude);

        Assert.Contains("cut off", await answerer.AskAsync("a story"), StringComparison.Ordinal);
        Assert.Contains("may not", await answerer.AskAsync("a crime"), StringComparison.Ordinal);
        Assert.Equal("", await answerer.AskAsync("nothing"));
    }

    [Theory]
    [InlineData(401, "authentication_error", "invalid x-api-key", "my key for the model is not accepted")]
    [InlineData(403, "permission_error", "no", "my key for the model is not accepted")]
    [InlineData(402, "billing_error", "pay", "no credit left")]
    [InlineData(400, "invalid_request_error", "prompt is too long: 1000001 tokens > 1000000 maximum", "new thread")]
    [InlineData(400, "invalid_request_error", "Your credit balance is too low", "no credit left")]
    [InlineData(400, "invalid_request_error", "messages: something", "refused this question")]
    [InlineData(413, "request_too_large", "big", "new thread")]
    [InlineData(404, "not_found_error", "model: x", "does not exist")]
    public async Task A_refusal_of_the_API_becomes_an_apology_and_costs_nothing(int status, string type, string message, string apology)
    {
        claude.Answers(Reply.Refuses(status, type, message));
        await using var answerer = new Answerer(claude);

        var error = await Assert.ThrowsAsync<ModelException>(() => answerer.AskAsync("hello"));

        Assert.Contains(apology, Apology.For(error), StringComparison.Ordinal);
        Assert.Equal(0, answerer.Ledger.SpentThisMonth);
        Assert.Single(claude.Requests);
    }

    [Theory]
    [InlineData(429, "rate_limit_error", "asked too much")]
    [InlineData(529, "overloaded_error", "overloaded")]
    [InlineData(500, "api_error", "cannot reach the model")]
    public async Task A_passing_failure_is_tried_again_and_then_told(int status, string type, string apology)
    {
        claude.Answers(Reply.Refuses(status, type, "so", retryAfter: 1), Reply.Text("Now."));
        await using var answerer = new Answerer(claude);
        var started = TimeProvider.System.GetTimestamp();
        Assert.Equal("Now.", await answerer.AskAsync("hello"));
        Assert.True(TimeProvider.System.GetElapsedTime(started) >= TimeSpan.FromSeconds(0.9), "it did not wait as long as it was told");

        claude.Answers(Enumerable.Repeat(Reply.Refuses(status, type, "so"), 3));
        var error = await Assert.ThrowsAsync<ModelException>(() => answerer.AskAsync("hello"));

        Assert.Contains(apology, Apology.For(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_API_wants_it_to_wait_for_an_hour_that_is_told_at_once()
    {
        claude.Answers(Reply.Refuses(429, "rate_limit_error", "so", retryAfter: 3600), Reply.Text("an hour later"));
        await using var answerer = new Answerer(claude);

        var error = await Assert.ThrowsAsync<ModelException>(() => answerer.AskAsync("hello").WaitAsync(TimeSpan.FromSeconds(40)));

        Assert.Contains("asked too much", Apology.For(error), StringComparison.Ordinal);
        Assert.Single(claude.Requests);
    }

    [Fact]
    public async Task The_cache_ends_at_the_system_the_question_and_what_the_tools_gave_last()
    {
        claude.Answers(Reply.Calls("fs_list", new JsonObject { ["path"] = "." }), Reply.Calls("fs_list", new JsonObject { ["path"] = "." }, "toolu_2"), Reply.Text("Nothing."));
        await using var answerer = new Answerer(claude);
        await answerer.AskAsync("what is there?", new Turn("hello", "Hello!"));
        await answerer.AskAsync("sure?", new Turn("hello", "Hello!"), new Turn("what is there?", "Nothing."));

        Assert.Equal(["$.messages[2].content[0]", "$.system[0]"], Marked(claude.Requests[0]));
        Assert.Equal(["$.messages[2].content[0]", "$.messages[4].content[0]", "$.system[0]"], Marked(claude.Requests[1]));
        Assert.Equal(["$.messages[2].content[0]", "$.messages[6].content[0]", "$.system[0]"], Marked(claude.Requests[2]));
        // What was said before stays as it was, to the letter: in the next round, and in the next turn.
        for (var request = 1; request < 4; request++)
        {
            Assert.Equal(claude.Requests[0]["tools"]!.ToJsonString(), claude.Requests[request]["tools"]!.ToJsonString());
            Assert.Equal(claude.Requests[0]["system"]!.ToJsonString(), claude.Requests[request]["system"]!.ToJsonString());
            Assert.Equal(Said(claude.Requests[0], 3), Said(claude.Requests[request], 3));
        }
        Assert.Equal(Said(claude.Requests[1], 5), Said(claude.Requests[2], 5));

        static IEnumerable<string> Marked(JsonNode node) => node switch
        {
            JsonObject map when map.ContainsKey("cache_control") => [map.GetPath()],
            JsonObject map => map.SelectMany(entry => entry.Value is { } value ? Marked(value) : []).Order(StringComparer.Ordinal),
            JsonArray list => list.SelectMany(item => Marked(item!)),
            _ => [],
        };

        static string[] Said(JsonObject request, int count) => [.. request["messages"]!.AsArray().Take(count).Select(message =>
            message!["content"] is JsonArray blocks
                ? string.Concat(blocks.Select(block => block!["text"]?.GetValue<string>() ?? Without(block.AsObject())))
                : message["content"]!.GetValue<string>())];

        static string Without(JsonObject block)
        {
            var copy = block.DeepClone().AsObject();
            copy.Remove("cache_control");
            return copy.ToJsonString();
        }
    }

    [Fact]
    public async Task A_stream_that_breaks_midway_is_an_apology_and_what_was_used_is_paid()
    {
        claude.Answers(Reply.Start(Reply.Usage(input: 1000)).Says(new string('x', 300)).Breaks());
        await using var answerer = new Answerer(claude);
        var error = await Assert.ThrowsAsync<ModelException>(() => answerer.AskAsync("hello"));
        Assert.NotEqual("", Apology.For(error));
        Assert.Equal(1000 * 2m / 1_000_000 + 100 * 10m / 1_000_000, answerer.Ledger.SpentThisMonth);

        claude.Answers(Reply.Start().Says("x").Fails("overloaded_error"));
        error = await Assert.ThrowsAsync<ModelException>(() => answerer.AskAsync("hello"));
        Assert.Contains("overloaded", Apology.For(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_API_that_is_not_there_is_an_apology()
    {
        await using var answerer = new Answerer(claude);
        await claude.DisposeAsync();

        var error = await Assert.ThrowsAsync<ModelException>(() => answerer.AskAsync("hello"));

        Assert.Contains("cannot reach the model", Apology.For(error), StringComparison.Ordinal);
        Assert.Equal(0, answerer.Ledger.SpentThisMonth);
        claude = await FakeClaude.StartAsync();
    }

    [Fact]
    public async Task The_limit_is_kept_also_between_two_rounds_of_one_answer()
    {
        // One request may cost up to 0.01 for its answer and a little for the question; this one costs 0.012.
        claude.Answers(Reply.Start().Uses("fs_list", new JsonObject { ["path"] = "." }).Ends("tool_use", output: 1180), Reply.Text("never"));
        await using var answerer = new Answerer(claude, limit: 0.02m);

        var error = await Assert.ThrowsAsync<LimitReachedException>(() => answerer.AskAsync("hello"));

        Assert.Equal("The budget of $0.02 for this month is used up. I can answer again from 1 January 2027 (UTC).", Apology.For(error));
        Assert.Single(claude.Requests);
    }
}
