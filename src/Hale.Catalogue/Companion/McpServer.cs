using Hale.Declare;

namespace Hale.Catalogue;

/// <summary>
/// A server of the Model Context Protocol that the assistant may use: <c>new McpServer("wiki", "https://wiki.example.org/mcp")</c>. Its tools
/// are <c>wiki_…</c>. Whoever may talk to the assistant can make it use them.
/// </summary>
/// <param name="Name">What the names of its tools start with: 1 to 32 letters, digits and <c>- _</c>.</param>
/// <param name="Url">Its address, http or https. It stands in the store: no secret may be part of it.</param>
public sealed record McpServer(string Name, string Url)
{
    /// <summary>Whether it speaks the older transport of server-sent events, and not streamable HTTP.</summary>
    public bool Sse { get; init; }

    /// <summary>The token that it wants as <c>Authorization: Bearer</c>; null for none. It is sent over https, or to this host's loopback.</summary>
    public Secret? Token { get; init; }
}
