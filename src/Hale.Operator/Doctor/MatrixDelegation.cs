using System.Net.Sockets;
using Hale.Operator.Report;
using SrvRecords;

namespace Hale.Operator.Doctor;

/// <summary>Where other homeservers come to.</summary>
/// <param name="Host">The name that requests and the certificate say; an IPv6 address in brackets.</param>
/// <param name="Port">The port.</param>
/// <param name="Target">The name whose addresses are gone to instead, as a SRV record says; null for the host's own.</param>
internal sealed record FederationPlace(string Host, int Port, string? Target = null)
{
    public const int DefaultPort = 8448;

    public string At => $"{Host}:{Port}";
}

/// <summary>
/// Finds the place of a homeserver as others do (Matrix server-server API, "Resolving server names"): by its well-known, by SRV records where
/// that names no port or is not there, and otherwise at port 8448.
/// </summary>
/// <param name="outside">The way there.</param>
internal sealed class MatrixDelegation(Outside outside)
{
    private const string Today = "_matrix-fed._tcp", Before = "_matrix._tcp";

    /// <returns>The place, and what was seen on the way to it.</returns>
    public async Task<(FederationPlace Place, IReadOnlyList<Diagnosis> Seen)> FindAsync(string serverName, CancellationToken cancellation)
    {
        var (led, wellKnown) = await WellKnownAsync(serverName, cancellation).ConfigureAwait(false);
        if (led is { Port: { } port })
            return (new FederationPlace(led.Host, port), [wellKnown]);
        var host = led?.Host ?? serverName;
        if (led is not null && Uri.CheckHostName(host) != UriHostNameType.Dns)
            return (new FederationPlace(host, FederationPlace.DefaultPort), [wellKnown]);
        var (place, services) = await ServicesAsync(host, cancellation).ConfigureAwait(false);
        // Servers that find no well-known go by the records: it is missing for nobody but whoever declared it.
        return wellKnown.Verdict == Verdict.Wrong && place.Target is not null && services.Verdict != Verdict.Wrong
            ? (place, [Diagnosis.Doubtful(wellKnown.What, wellKnown.Seen, "Other homeservers go by the SRV records instead. Does the gateway serve the server's own name?"), services])
            : (place, [wellKnown, services]);
    }

    private sealed record Delegate(string Host, int? Port);

    private async Task<(Delegate? Led, Diagnosis Diagnosis)> WellKnownAsync(string serverName, CancellationToken cancellation)
    {
        Delegate? led = null;
        var diagnosis = await new WebDoctor(outside).LookAsync(
            "well-known of servers", $"https://{serverName}/.well-known/matrix/server",
            answer =>
            {
                if (answer.Status != 200)
                    return $"it answers with {answer.Status}, so servers look for SRV records and try {serverName}:{FederationPlace.DefaultPort}";
                if (MatrixDoctor.Text(answer, "m.server") is not { } said)
                    return "it has no m.server";
                if (!Uri.TryCreate($"https://{said}/", UriKind.Absolute, out var url) || url is not { PathAndQuery: "/", UserInfo: "", Fragment: "" })
                    return $"its m.server is \"{said}\", which is no name with a port";
                // A URL does not tell a port that is named from its own; brackets may hold colons.
                led = new Delegate(url.Host, said.LastIndexOf(':') > said.LastIndexOf(']') ? url.Port : null);
                return null;
            },
            "Other homeservers are led by it: does the gateway serve the server's own name?", cancellation, follow: true).ConfigureAwait(false);
        return (led, diagnosis);
    }

    private async Task<(FederationPlace Place, Diagnosis Diagnosis)> ServicesAsync(string host, CancellationToken cancellation)
    {
        var what = $"SRV records of {host}";
        var records = await Task.WhenAll(outside.ServicesAsync($"{Today}.{host}", cancellation), outside.ServicesAsync($"{Before}.{host}", cancellation)).ConfigureAwait(false);
        foreach (var (service, found) in new[] { Today, Before }.Zip(records))
            if (found.FirstOrDefault(IsUsable) is { } record)
                return (new FederationPlace(host, record.Port, record.Target), await JudgeAsync(what, service, host, record, cancellation).ConfigureAwait(false));
        var fallback = new FederationPlace(host, FederationPlace.DefaultPort);
        return (fallback, records.Any(found => found.Count > 0)
            ? Diagnosis.Wrong(what, "they say that there is no such service, or name no port", $"Take them away, and servers come to {fallback.At}; or name the server and its port: {Today}.{host}.")
            : Diagnosis.Well(what, $"none, so servers come to {fallback.At}"));
    }

    private async Task<Diagnosis> JudgeAsync(string what, string service, string host, SrvRecord record, CancellationToken cancellation)
    {
        var seen = $"{service}.{host} leads to {record.Target}:{record.Port}";
        try
        {
            await outside.AddressesAsync(record.Target, cancellation).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            return Diagnosis.Wrong(what, $"{seen}, which has no address ({error.SocketErrorCode})", $"Add an A record (and AAAA) for {record.Target}, or lead the SRV record to a name that has one.");
        }
        return service == Before
            ? Diagnosis.Doubtful(what, seen, $"That name is deprecated since version 1.8 of the specification: add {Today}.{host} with the same content.")
            : Diagnosis.Well(what, seen);
    }

    // A target of "." means that there is no such service (RFC 2782); it is read as the empty name.
    private static bool IsUsable(SrvRecord record) => record.Port > 0 && Uri.CheckHostName(record.Target) == UriHostNameType.Dns;
}
