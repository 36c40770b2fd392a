using System.Collections.Immutable;
using System.Text.Json;

namespace Companion.Settings;

internal enum McpTransport
{
    Stdio,
    Sse,
    StreamableHttp,
    Socket,
}

/// <summary>One MCP server: a program that talks on its standard input and output, or on a socket, or an address.</summary>
internal sealed record McpServerSettings(string Name, McpTransport Transport)
{
    public string Command { get; init; } = "";

    public ImmutableArray<string> Arguments { get; init; } = [];

    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public Uri? Url { get; init; }

    /// <summary>Where the socket of a program is that somebody else starts: each connection to it is one server.</summary>
    public string Socket { get; init; } = "";

    /// <summary>Headers of each request, such as Authorization. Never logged.</summary>
    public ImmutableSortedDictionary<string, string> Headers { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>
    /// Reads <c>{"NAME": {"command": …, "args": […], "env": {…}}}</c>, <c>{"NAME": {"socket": …}}</c> or <c>{"NAME": {"url": …,
    /// "transport": "http" or "sse", "headers": {…}}}</c>. What is wrong is added to <paramref name="problems"/>.
    /// </summary>
    public static ImmutableArray<McpServerSettings> Read(JsonElement servers, string where, List<string> problems)
    {
        if (servers.ValueKind != JsonValueKind.Object)
        {
            problems.Add($"{where} is not an object of servers by name, such as {{\"wiki\": {{\"url\": \"https://wiki.example.org/mcp\"}}}}.");
            return [];
        }
        return [.. servers.EnumerateObject().OrderBy(server => server.Name, StringComparer.Ordinal)
            .Select(server => ReadOne(server.Name, server.Value, $"{where}.{server.Name}", problems)).OfType<McpServerSettings>()];
    }

    private static McpServerSettings? ReadOne(string name, JsonElement server, string where, List<string> problems)
    {
        if (name.Length is 0 or > 32 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            problems.Add($"{where}: a server's name has 1 to 32 letters, digits, - or _, for the names of its tools start with it.");
        else if (server.ValueKind != JsonValueKind.Object)
            problems.Add($"{where} is not an object with \"command\", \"socket\" or \"url\".");
        else if (new[] { "command", "socket", "url" }.Count(key => server.TryGetProperty(key, out _)) != 1)
            problems.Add($"{where} needs either \"command\", \"socket\" or \"url\".");
        else if (server.Text("socket") is ['/', ..] socket)
            return new McpServerSettings(name, McpTransport.Socket) { Socket = socket };
        else if (server.Text("command") is { Length: > 0 } program)
            return new McpServerSettings(name, McpTransport.Stdio)
            {
                Command = program,
                Arguments = Texts(server, "args", where, problems),
                Environment = Pairs(server, "env", where, problems),
            };
        else if (Uri.TryCreate(server.Text("url"), UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
            return Remote(name, server, address, where, problems);
        else
            problems.Add($"{where}: \"command\" must be a program, \"socket\" an absolute path, or \"url\" an http or https address.");
        return null;
    }

    private static McpServerSettings? Remote(string name, JsonElement server, Uri address, string where, List<string> problems)
    {
        var transport = server.TryGetProperty("transport", out var given) ? given.ToString() : "http";
        if (transport is not ("http" or "sse"))
        {
            problems.Add($"{where}: transport is \"{transport}\". Write \"http\" (streamable HTTP) or \"sse\".");
            return null;
        }
        return new McpServerSettings(name, transport == "sse" ? McpTransport.Sse : McpTransport.StreamableHttp)
        {
            Url = address,
            Headers = Pairs(server, "headers", where, problems),
        };
    }

    private static ImmutableArray<string> Texts(JsonElement server, string key, string where, List<string> problems)
    {
        if (!server.TryGetProperty(key, out var list))
            return [];
        if (list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
            return [.. list.EnumerateArray().Select(item => item.GetString()!)];
        problems.Add($"{where}: \"{key}\" is not a list of strings.");
        return [];
    }

    private static ImmutableSortedDictionary<string, string> Pairs(JsonElement server, string key, string where, List<string> problems)
    {
        if (!server.TryGetProperty(key, out var map))
            return ImmutableSortedDictionary<string, string>.Empty;
        if (map.ValueKind == JsonValueKind.Object && map.EnumerateObject().All(item => item.Value.ValueKind == JsonValueKind.String))
            return map.EnumerateObject().ToImmutableSortedDictionary(item => item.Name, item => item.Value.GetString()!, StringComparer.Ordinal);
        problems.Add($"{where}: \"{key}\" is not an object of strings.");
        return ImmutableSortedDictionary<string, string>.Empty;
    }
}
