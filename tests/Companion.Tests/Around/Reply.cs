using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace AroundTheAssistant;

/// <summary>Answers of the API, in the form of its documentation ("Streaming messages", "Errors").</summary>
internal sealed class Reply
{
    private readonly List<JsonObject> events = [];
    private int blocks;

    private Reply(JsonObject usage) => Add("message_start", new JsonObject
    {
        ["message"] = new JsonObject
        {
            ["id"] = "msg_fake",
            ["type"] = "message",
            ["role"] = "assistant",
            ["model"] = "claude-sonnet-5-5",
            ["content"] = new JsonArray(),
            ["stop_reason"] = null,
            ["stop_sequence"] = null,
            ["usage"] = usage,
        },
    });

    public static JsonObject Usage(long input = 100, long output = 1, long read = 0, long written = 0) => new()
    {
        ["input_tokens"] = input,
        ["cache_creation_input_tokens"] = written,
        ["cache_read_input_tokens"] = read,
        ["cache_creation"] = new JsonObject { ["ephemeral_5m_input_tokens"] = written, ["ephemeral_1h_input_tokens"] = 0 },
        ["output_tokens"] = output,
    };

    public static Reply Start(JsonObject? usage = null) => new(usage ?? Usage());

    /// <summary>A whole answer of text.</summary>
    public static Func<HttpContext, JsonObject, Task> Text(string text, long output = 20) => Start().Says(text).Ends("end_turn", output);

    public static Func<HttpContext, JsonObject, Task> Calls(string tool, JsonObject input, string id = "toolu_1") =>
        Start().Thinks().Uses(tool, input, id).Ends("tool_use", 30);

    public static Func<HttpContext, JsonObject, Task> Refuses(int status, string type, string message, int? retryAfter = null) => async (http, _) =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        if (retryAfter is { } seconds)
            http.Response.Headers.RetryAfter = seconds.ToString();
        await http.Response.WriteAsync(new JsonObject
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = type, ["message"] = message },
        }.ToJsonString());
    };

    public Reply Thinks() => Block(new JsonObject { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
        new JsonObject { ["type"] = "signature_delta", ["signature"] = "c2lnbmVk" });

    /// <summary>Text in several pieces.</summary>
    public Reply Says(string text) => Block(new JsonObject { ["type"] = "text", ["text"] = "" },
        [.. text.Chunk(40).Select(piece => new JsonObject { ["type"] = "text_delta", ["text"] = new string(piece) })]);

    /// <summary>Text that stands on a page of the web.</summary>
    public Reply Cites(string text, string url, string title) => Block(new JsonObject { ["type"] = "text", ["text"] = "", ["citations"] = new JsonArray() },
        new JsonObject { ["type"] = "text_delta", ["text"] = text },
        new JsonObject
        {
            ["type"] = "citations_delta",
            ["citation"] = new JsonObject
            {
                ["type"] = "web_search_result_location",
                ["cited_text"] = text,
                ["encrypted_index"] = "c2VjcmV0",
                ["title"] = title,
                ["url"] = url,
            },
        });

    public Reply Uses(string tool, JsonObject input, string id = "toolu_1") =>
        Block(new JsonObject { ["type"] = "tool_use", ["id"] = id, ["name"] = tool, ["input"] = new JsonObject() },
            [.. input.ToJsonString().Chunk(7).Select(piece => new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = new string(piece) })]);

    public Reply Searches() =>
        Block(new JsonObject { ["type"] = "server_tool_use", ["id"] = "srvtoolu_1", ["name"] = "web_search", ["input"] = new JsonObject() },
                new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = """{"query": "weather"}""" })
            .Block(new JsonObject
            {
                ["type"] = "web_search_tool_result",
                ["tool_use_id"] = "srvtoolu_1",
                ["content"] = new JsonArray(new JsonObject
                {
                    ["type"] = "web_search_result",
                    ["url"] = "https://example.org/",
                    ["title"] = "Weather",
                    ["encrypted_content"] = "c2VjcmV0",
                    ["page_age"] = null,
                }),
            });

    /// <summary>An error in the midst of the stream.</summary>
    public Func<HttpContext, JsonObject, Task> Fails(string type) =>
        Add("error", new JsonObject { ["error"] = new JsonObject { ["type"] = type, ["message"] = "so it is" } }).SendAsync(TimeSpan.Zero, abort: false);

    /// <summary>The connection breaks.</summary>
    public Func<HttpContext, JsonObject, Task> Breaks() => SendAsync(TimeSpan.Zero, abort: true);

    public Func<HttpContext, JsonObject, Task> Ends(string stopReason, long output = 20, long searches = 0, TimeSpan pause = default)
    {
        var usage = new JsonObject { ["output_tokens"] = output };
        if (searches > 0)
            usage["server_tool_use"] = new JsonObject { ["web_search_requests"] = searches };
        Add("message_delta", new JsonObject { ["delta"] = new JsonObject { ["stop_reason"] = stopReason, ["stop_sequence"] = null }, ["usage"] = usage });
        Add("message_stop", []);
        return SendAsync(pause, abort: false);
    }

    private Reply Block(JsonObject start, params JsonObject[] deltas)
    {
        var index = blocks++;
        Add("content_block_start", new JsonObject { ["index"] = index, ["content_block"] = start });
        Add("ping", []);
        foreach (var delta in deltas)
            Add("content_block_delta", new JsonObject { ["index"] = index, ["delta"] = delta });
        return Add("content_block_stop", new JsonObject { ["index"] = index });
    }

    private Reply Add(string type, JsonObject data)
    {
        data.Insert(0, "type", type);
        events.Add(data);
        return this;
    }

    private Func<HttpContext, JsonObject, Task> SendAsync(TimeSpan pause, bool abort) => async (http, _) =>
    {
        http.Response.ContentType = "text/event-stream";
        foreach (var one in events)
        {
            await http.Response.WriteAsync($"event: {one["type"]}\ndata: {one.ToJsonString()}\n\n", Encoding.UTF8);
            await http.Response.Body.FlushAsync();
            if (pause > TimeSpan.Zero && one["type"]!.GetValue<string>() == "content_block_delta")
                await Task.Delay(pause, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        if (abort)
        {
            // What was sent has to arrive: the SDK tries again where nothing did.
            await Task.Delay(300);
            http.Abort();
        }
    };
}
