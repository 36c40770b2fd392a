using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Tools;
using Companion.Tools.Mcp;

namespace Companion.Tests;

/// <summary>Tools of MCP servers, over each of the three transports.</summary>
public sealed class McpTests : IAsyncLifetime
{
    private FakeClaude claude = null!;
    private FakeMcp mcp = null!;

    public async Task InitializeAsync() => (claude, mcp) = (await FakeClaude.StartAsync(), await FakeMcp.StartAsync());

    public async Task DisposeAsync()
    {
        await claude.DisposeAsync();
        await mcp.DisposeAsync();
    }

    [Theory]
    [InlineData("http", "/mcp")]
    [InlineData("sse", "/sse")]
    public async Task A_server_at_an_address_gives_its_tools_under_its_name(string transport, string path)
    {
        claude.Answers(Reply.Calls("wiki_echo", new JsonObject { ["text"] = "hello" }), Reply.Calls("wiki_fail", [], "toolu_2"), Reply.Text("Done."));
        await using var answerer = new Answerer(claude, mcpServers:
            $$$"""{"wiki": {"url": "{{{mcp.Url}}}{{{path}}}", "transport": "{{{transport}}}", "headers": {"Authorization": "Bearer of-the-wiki"} } }""");

        Assert.Equal("Done.", await answerer.AskAsync("ask the wiki"));

        Assert.Equal(["wiki_echo", "wiki_fail", "wiki_hang"],
            claude.Requests[0]["tools"]!.AsArray().Select(tool => tool!["name"]!.GetValue<string>()).Where(name => name.StartsWith("wiki", StringComparison.Ordinal)));
        Assert.Equal("hello", Result(1)["content"]!.GetValue<string>());
        Assert.Equal("it went wrong", Result(2)["content"]!.GetValue<string>());
        Assert.True(Result(2)["is_error"]!.GetValue<bool>());
        if (transport == "http")
            Assert.Contains("Bearer of-the-wiki", mcp.Authorizations);
    }

    [NeedsFact("node")]
    public async Task A_program_by_the_official_SDK_talks_on_its_standard_input_and_sees_nothing_of_our_environment()
    {
        Environment.SetEnvironmentVariable("COMPANION_TEST_SECRET", "x");
        var script = JsonSerializer.Serialize(OfficialMcp.Script);
        await using var answerer = new Answerer(claude, mcpServers: $$$"""{"local": {"command": "node", "args": [{{{script}}}, "stdio"], "env": {"GIVEN": "a token"} } }""");

        Assert.Contains(await answerer.Tools.DescribeAsync(CancellationToken.None), tool => tool.Name == "local_environment");
        var names = (await RunAsync(answerer, "local_environment")).Text.Split(' ');

        Assert.Contains("PATH", names);
        Assert.DoesNotContain("COMPANION_TEST_SECRET", names);
        Assert.Equal("a token", (await RunAsync(answerer, "local_value")).Text);
    }

    [NeedsFact("node")]
    public async Task A_server_by_the_official_SDK_wants_its_token()
    {
        await using var official = await OfficialMcp.StartAsync("http", "the token");
        await using var answerer = new Answerer(claude, mcpServers:
            $$$"""
            {"with": {"url": "http://127.0.0.1:{{{official.Said}}}/mcp", "headers": {"Authorization": "Bearer the token"} },
             "without": {"url": "http://127.0.0.1:{{{official.Said}}}/mcp"} }
            """);

        var tools = (await answerer.Tools.DescribeAsync(CancellationToken.None)).Select(tool => tool.Name).ToList();

        Assert.Contains("with_value", tools);
        Assert.DoesNotContain("without_value", tools);
        Assert.Equal("(none)", (await RunAsync(answerer, "with_value")).Text);
    }

    [NeedsFact("node")]
    public async Task A_program_at_a_socket_is_connected_again_after_it_was_away()
    {
        using var folder = new TemporaryFolder();
        var socket = Path.Combine(folder.Path, "notes.sock");
        await using var answerer = new Answerer(claude, mcpServers: $$$"""{"notes": {"socket": "{{{socket}}}"} }""");
        await using (await OfficialMcp.StartAsync("socket", socket))
        {
            Assert.True((await answerer.Tools.DescribeAsync(CancellationToken.None)).Any(tool => tool.Name == "notes_value"), answerer.Log);
            Assert.Equal("(none)", (await RunAsync(answerer, "notes_value")).Text);
        }
        File.Delete(socket);
        await using (await OfficialMcp.StartAsync("socket", socket))
        {
            while (!(await answerer.Tools.DescribeAsync(CancellationToken.None)).Any(tool => tool.Name == "notes_value"))
                await Task.Delay(50);
            Assert.Equal("(none)", (await RunAsync(answerer, "notes_value")).Text);
        }
    }

    [Fact]
    public async Task A_server_that_was_restarted_is_used_again_from_the_next_question_on()
    {
        await using var answerer = new Answerer(claude, mcpServers: $$$"""{"here": {"url": "{{{mcp.Url}}}/mcp"}}""");
        await answerer.Tools.DescribeAsync(CancellationToken.None);
        Assert.Equal("before", (await RunAsync(answerer, "here_echo", "before")).Text);

        mcp.Restart();
        Assert.True((await RunAsync(answerer, "here_echo", "between")).IsError);
        await answerer.Tools.DescribeAsync(CancellationToken.None);

        Assert.Equal("after", (await RunAsync(answerer, "here_echo", "after")).Text);
    }

    [Fact]
    public async Task A_server_that_is_away_takes_its_own_tools_away_and_nobody_elses()
    {
        await using var answerer = new Answerer(claude, mcpServers:
            $$$"""{"away": {"url": "http://127.0.0.1:{{{ServiceHarness.Tools.FreePort()}}}/mcp"}, "gone": {"command": "/no/such/program"}, "here": {"url": "{{{mcp.Url}}}/mcp"}}""");

        var tools = await answerer.Tools.DescribeAsync(CancellationToken.None);

        Assert.Equal(["fs_list", "fs_read", "fs_write", "here_echo", "here_fail", "here_hang"], tools.Select(tool => tool.Name));
        Assert.Contains("does not answer", (await RunAsync(answerer, "away_tool")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tool_that_hangs_is_left_behind()
    {
        await using var answerer = new Answerer(claude, toolLimit: TimeSpan.FromSeconds(1), mcpServers: $$$"""{"here": {"url": "{{{mcp.Url}}}/mcp"}}""");
        await answerer.Tools.DescribeAsync(CancellationToken.None);
        var clock = Stopwatch.StartNew();

        var result = await RunAsync(answerer, "here_hang");

        Assert.Equal("The tool did not answer within 1 s.", result.Text);
        Assert.True(result.IsError);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10));
        Assert.Equal("still here", (await RunAsync(answerer, "here_echo", "still here")).Text);
    }

    [Theory]
    [InlineData("wiki", "search pages/all", "wiki_search_pages_all")]
    [InlineData("wiki", "größe", "wiki_gr__e")]
    public void Names_of_tools_have_the_characters_that_the_API_allows(string server, string tool, string name) =>
        Assert.Equal(name, McpServer.NameOf(server, tool));

    private JsonNode Result(int request) => claude.Requests[request]["messages"]!.AsArray()[^1]!["content"]![0]!;

    private static Task<ToolResult> RunAsync(Answerer answerer, string tool, string text = "") =>
        answerer.Tools.RunAsync(tool, new Dictionary<string, JsonElement> { ["text"] = JsonSerializer.SerializeToElement(text) }, CancellationToken.None);
}
