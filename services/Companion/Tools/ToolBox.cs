using System.Text.Json;
using Companion.Hosting;
using Companion.Tools.Mcp;
using Companion.Tools.Sandbox;
using Microsoft.Extensions.Logging;

namespace Companion.Tools;

/// <summary>What the model is told of a tool.</summary>
internal sealed record ToolDescription(string Name, string Description, JsonElement Schema);

/// <summary>What a tool answered. An error goes back to the model like any answer; it may try in another way.</summary>
internal sealed record ToolResult(string Text, bool IsError = false)
{
    public static ToolResult Error(string text) => new(text, IsError: true);
}

/// <summary>All tools that run here: those of the sandbox and those of MCP servers.</summary>
internal sealed class ToolBox(FileTools? files, McpServers servers, TimeSpan limit, TimeProvider time, ILogger log)
{
    /// <summary>Of one result of a server, a file has a limit of its own; the whole of it would fill the model's memory and the month's money.</summary>
    private const int MostCharacters = 100_000;

    /// <summary>The API's own. It refuses a request with two tools of one name, and a server of that name may have such a tool too.</summary>
    private const string WebSearch = "web_search";

    /// <summary>In an order that does not change between requests.</summary>
    public async Task<IReadOnlyList<ToolDescription>> DescribeAsync(CancellationToken stop) =>
        [.. (files is null ? [] : FileTools.Descriptions).Concat(await servers.DescribeAsync(stop)).Where(tool => tool.Name != WebSearch).DistinctBy(tool => tool.Name)];

    /// <summary>Runs a tool. What it does wrong, and that it takes too long, is a result too.</summary>
    public async Task<ToolResult> RunAsync(string name, IReadOnlyDictionary<string, JsonElement> input, CancellationToken stop)
    {
        using var timer = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timer.Token);
        try
        {
            var work = IsFile(name)
                ? Task.Run(() => files!.Run(name, input), either.Token)
                : servers.CallAsync(name, input, either.Token);
            // A tool that does not listen is left behind.
            var result = await work.WaitAsync(either.Token);
            return result.Text.Length <= MostCharacters || IsFile(name)
                ? result
                : result with { Text = $"{result.Text[..MostCharacters]}\n(cut off: the result has {result.Text.Length} characters)" };
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            log.ToolTimedOut(name, limit.TotalSeconds);
            return ToolResult.Error($"The tool did not answer within {limit.TotalSeconds:0} s.");
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            log.ToolFailed(name, error.Message);
            return ToolResult.Error($"The tool failed: {error.Message}");
        }
    }

    private bool IsFile(string name) => files is not null && FileTools.Has(name);
}
