using System.Net;
using SrvRecords;

namespace CallTokens.Discover;

/// <summary>Finds homeservers by their names (Matrix server-server API, "Resolving server names"); the steps have the numbers of that text.</summary>
internal sealed class Discovery(WellKnown wellKnown, Func<string, CancellationToken, Task<IReadOnlyList<SrvRecord>>> findSrv)
{
    private const int DefaultPort = 8448;

    /// <summary>Where the server is.</summary>
    public async Task<Destination> FindAsync(ServerName server, CancellationToken cancellation)
    {
        if (Stated(server) is { } stated) // 1 and 2
            return stated;
        if (await wellKnown.DelegateAsync(server.Host, cancellation) is not { } delegated)
            return await NamedAsync(server.Host, cancellation); // 4 to 6
        return Stated(delegated) ?? await NamedAsync(delegated.Host, cancellation); // 3
    }

    // An address, or a name with a port: nothing more is looked up.
    private static Destination? Stated(ServerName server) =>
        server.IsAddress || server.Port is not null ? new Destination(new DnsEndPoint(server.Host, server.Port ?? DefaultPort), server) : null;

    private async Task<Destination> NamedAsync(string host, CancellationToken cancellation)
    {
        var name = new ServerName(host, null);
        // The second one is of before 1.8 of the specification, and still in use.
        foreach (var service in (string[])["_matrix-fed._tcp", "_matrix._tcp"])
            if ((await findSrv($"{service}.{host}", cancellation)).FirstOrDefault(IsUsable) is { } record)
                return new Destination(new DnsEndPoint(record.Target, record.Port), name);
        return new Destination(new DnsEndPoint(host, DefaultPort), name);
    }

    // A target of "." means: there is no such service (RFC 2782).
    private static bool IsUsable(SrvRecord record) => record.Port > 0 && ServerName.Parse(record.Target) is { IsAddress: false, Port: null };
}
