namespace Hale.Lab;

/// <summary>The head of a request to a forward proxy (RFC 9112, sections 3 and 5).</summary>
/// <param name="Method"><c>GET</c>, <c>HEAD</c>, <c>CONNECT</c>, …</param>
/// <param name="Target">An absolute URI, or <c>host:port</c> for CONNECT.</param>
/// <param name="Headers">The fields; names are compared without regard to case, and the last of equal ones counts.</param>
/// <param name="KeepAlive">Whether the client wants to go on after the answer.</param>
internal sealed record RequestHead(string Method, string Target, IReadOnlyDictionary<string, string> Headers, bool KeepAlive)
{
    /// <summary>Whether a body follows. A proxy for packages takes none.</summary>
    public bool HasBody =>
        Headers.ContainsKey("Transfer-Encoding") || (Headers.TryGetValue("Content-Length", out var length) && length != "0");

    /// <summary>Reads the lines of a head, without the empty one that ends it.</summary>
    /// <returns>The head, or null where it is none.</returns>
    public static RequestHead? Parse(string text)
    {
        var lines = text.Split("\r\n");
        if (lines[0].Split(' ') is not [{ Length: > 0 } method, { Length: > 0 } target, "HTTP/1.1" or "HTTP/1.0"]) return null;

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            // No folded lines, no space before the colon (section 5.1 and 5.2: to be refused), and no control characters in a value.
            if (line.IndexOf(':', StringComparison.Ordinal) is not (> 0 and var colon)) return null;
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim(' ', '\t'));
            if (name.Any(c => c is <= ' ' or >= '\x7f') || value.Any(c => c is (< ' ' and not '\t') or '\x7f')) return null;
            headers[name] = value;
        }
        var connection = headers.GetValueOrDefault("Connection", headers.GetValueOrDefault("Proxy-Connection", ""));
        var keepAlive = lines[0].EndsWith('1')
            ? !connection.Equals("close", StringComparison.OrdinalIgnoreCase)
            : connection.Equals("keep-alive", StringComparison.OrdinalIgnoreCase);
        return new RequestHead(method, target, headers, keepAlive);
    }
}
