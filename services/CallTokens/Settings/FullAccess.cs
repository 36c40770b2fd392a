namespace CallTokens.Settings;

/// <summary>Whose users may have rooms made at LiveKit. All others get a token too, and can join what somebody else opened.</summary>
internal sealed class FullAccess
{
    private readonly HashSet<string> servers;
    private readonly bool everyone;

    private FullAccess(IEnumerable<string> servers)
    {
        this.servers = servers.ToHashSet(StringComparer.Ordinal);
        everyone = this.servers.Contains("*");
    }

    /// <summary>Whether users of this server have it: its name as it stands in the list, to the letter.</summary>
    public bool Has(string serverName) => everyone || servers.Contains(serverName);

    /// <summary>Reads server names apart by commas or spaces, or <c>*</c> alone for everybody's.</summary>
    public static (FullAccess? Access, string? Problem) Parse(string text)
    {
        var names = text.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (names.Length == 0)
            return (null, "names no server");
        if (names.Length > 1 && names.Contains("*"))
            return (null, "holds * beside other names; * stands for every server and only alone");
        return names.FirstOrDefault(name => name != "*" && Discover.ServerName.Parse(name) is null) is { } wrong
            ? (null, $"holds \"{wrong}\", which is not a server name such as example.org")
            : (new FullAccess(names), null);
    }
}
