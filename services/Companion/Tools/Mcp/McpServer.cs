using System.Net.Sockets;
using System.Text.Json;
using Companion.Hosting;
using Companion.Settings;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Companion.Tools.Mcp;

/// <summary>
/// One MCP server, by the official SDK. It is connected when its tools are first asked for, again after its connection broke, and after
/// a failure not before a pause.
/// </summary>
internal sealed class McpServer(McpServerSettings settings, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private const int LongestName = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim gate = new(1);
    private McpClient? client;
    private Stream? socket;
    private Dictionary<string, McpClientTool> tools = [];
    private DateTimeOffset notBefore = DateTimeOffset.MinValue;

    public bool Has(string name) => tools.ContainsKey(name);

    /// <summary>Its tools; none where it does not answer.</summary>
    public async Task<IReadOnlyList<ToolDescription>> DescribeAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            if (client?.Completion.IsCompleted == true)
                await CloseAsync();
            if (client is null && time.GetUtcNow() >= notBefore)
                await ConnectAsync(stop);
            return [.. tools.OrderBy(tool => tool.Key, StringComparer.Ordinal)
                .Select(tool => new ToolDescription(tool.Key, tool.Value.Description, tool.Value.JsonSchema))];
        }
        finally
        {
            gate.Release();
        }
    }

    public async Task<ToolResult> CallAsync(string name, IReadOnlyDictionary<string, JsonElement> input, CancellationToken stop)
    {
        var arguments = input.ToDictionary(entry => entry.Key, entry => (object?)entry.Value);
        var result = await tools[name].CallAsync(arguments, cancellationToken: stop);
        return new ToolResult(Text(result), result.IsError == true);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        gate.Dispose();
    }

    /// <summary><c>SERVER_TOOL</c>, in the characters and the length that the API allows.</summary>
    public static string NameOf(string server, string tool)
    {
        var name = $"{server}_{string.Concat(tool.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'))}";
        return name.Length <= LongestName ? name : name[..LongestName];
    }

    private async Task ConnectAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            // A server that does not even fail must not hold up the answer.
            client = await McpClient.CreateAsync(await TransportAsync(patience.Token), cancellationToken: patience.Token).WaitAsync(patience.Token);
            var found = await client.ListToolsAsync(cancellationToken: patience.Token).AsTask().WaitAsync(patience.Token);
            tools = found.DistinctBy(tool => NameOf(settings.Name, tool.Name)).ToDictionary(tool => NameOf(settings.Name, tool.Name));
            log.McpConnected(settings.Name, tools.Count);
        }
        catch (Exception error) when (!stop.IsCancellationRequested)
        {
            // The text of an error of HTTP has the address, but no header.
            log.McpFailed(settings.Name, error is OperationCanceledException ? $"no answer within {Patience.TotalSeconds} s" : error.Message);
            notBefore = time.GetUtcNow() + Pause;
            await CloseAsync();
        }
    }

    private async Task CloseAsync()
    {
        tools = [];
        try
        {
            if (client is not null)
                await client.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            log.McpFailed(settings.Name, error.Message);
        }
        client = null;
        if (socket is not null)
            await socket.DisposeAsync();
        socket = null;
    }

    private async Task<IClientTransport> TransportAsync(CancellationToken stop)
    {
        if (settings.Transport == McpTransport.Socket)
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(settings.Socket), stop);
                socket = new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
            return new StreamClientTransport(socket, socket);
        }
        if (settings.Transport == McpTransport.Stdio)
        {
            // Of the assistant's own environment, nothing that may be a secret.
            var environment = StdioClientTransportOptions.GetDefaultEnvironmentVariables();
            foreach (var (name, value) in settings.Environment)
                environment[name] = value;
            return new StdioClientTransport(new StdioClientTransportOptions
            {
                Name = settings.Name,
                Command = settings.Command,
                Arguments = [.. settings.Arguments],
                InheritEnvironmentVariables = false,
                EnvironmentVariables = environment!,
                ShutdownTimeout = TimeSpan.FromSeconds(3),
            });
        }
        return new HttpClientTransport(new HttpClientTransportOptions
        {
            Name = settings.Name,
            Endpoint = settings.Url!,
            TransportMode = settings.Transport == McpTransport.Sse ? HttpTransportMode.Sse : HttpTransportMode.StreamableHttp,
            AdditionalHeaders = settings.Headers.ToDictionary(),
            ConnectionTimeout = Patience,
        });
    }

    private static string Text(CallToolResult result)
    {
        var parts = result.Content.Select(part => part switch
        {
            TextContentBlock text => text.Text,
            EmbeddedResourceBlock { Resource: TextResourceContents text } => text.Text,
            _ => $"({part.Type}, which cannot be shown here)",
        }).ToList();
        if (parts.Count == 0 && result.StructuredContent is { } structured)
            parts.Add(structured.GetRawText());
        return parts.Count > 0 ? string.Join('\n', parts) : "(no output)";
    }
}
