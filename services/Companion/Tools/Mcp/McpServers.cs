using System.Text.Json;
using Companion.Settings;
using Microsoft.Extensions.Logging;

namespace Companion.Tools.Mcp;

/// <summary>All MCP servers. One that fails takes its own tools away, and nobody else's.</summary>
internal sealed class McpServers(IEnumerable<McpServerSettings> servers, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private readonly McpServer[] all = [.. servers.Select(server => new McpServer(server, time, log))];

    public async Task<IReadOnlyList<ToolDescription>> DescribeAsync(CancellationToken stop)
    {
        var found = await Task.WhenAll(all.Select(server => server.DescribeAsync(stop)));
        return [.. found.SelectMany(tools => tools).DistinctBy(tool => tool.Name)];
    }

    public Task<ToolResult> CallAsync(string name, IReadOnlyDictionary<string, JsonElement> input, CancellationToken stop) =>
        all.FirstOrDefault(server => server.Has(name)) is { } server
            ? server.CallAsync(name, input, stop)
            : Task.FromResult(ToolResult.Error($"There is no tool {name}, or its server does not answer at the moment."));

    public async ValueTask DisposeAsync()
    {
        foreach (var server in all)
            await server.DisposeAsync();
    }
}
