using System.Net.Sockets;
using System.Text.Json;
using Hale.Contribute;

namespace Hale.Operator.Doctor;

/// <summary>Looks at a Matrix homeserver as its clients do, and as other homeservers do (Matrix specification, client-server and server-server API).</summary>
/// <param name="outside">The way there.</param>
internal sealed class MatrixDoctor(Outside outside)
{
    private readonly WebDoctor web = new(outside);

    public async Task<IReadOnlyList<Diagnosis>> LookAsync(MatrixClientOutside server, CancellationToken cancellation) => await Task.WhenAll(
        web.LookAsync(
            "well-known of clients", $"https://{server.ServerName}/.well-known/matrix/client",
            answer => LeadsTo(answer, server), "Clients are led by it: does the gateway serve the server's own name?", cancellation, follow: true),
        web.LookAsync(
            "versions of the client API", $"{server.BaseUrl}/_matrix/client/versions",
            answer => Problem(answer) ?? (Has(answer, "versions", JsonValueKind.Array) ? null : "it names no versions"),
            "Does the homeserver run? hale status says.", cancellation),
        web.MayAskAsync("clients in a browser", $"{server.BaseUrl}/_matrix/client/v3/login", cancellation),
        web.ClosedAsync(
            "registration without an invite", $"{server.BaseUrl}/_matrix/client/v3/register", IsClosed,
            "Anybody can make an account: take registration without a token away at once.", cancellation, post: "{}"),
        web.ClosedAsync(
            "administration from outside", $"{server.BaseUrl}/_synapse/admin/v1/server_version",
            answer => answer.Status is >= 200 and < 300 or 401 ? $"it answers with {answer.Status}" : null,
            "The gateway must refuse /_synapse/admin: who has an administrator's token could come from anywhere.", cancellation)).ConfigureAwait(false);

    public async Task<IReadOnlyList<Diagnosis>> LookAsync(MatrixFederationOutside server, CancellationToken cancellation)
    {
        var (place, seen) = await new MatrixDelegation(outside).FindAsync(server.ServerName, cancellation).ConfigureAwait(false);
        Outside? led = null;
        try
        {
            if (place.Target is not null)
                led = await outside.LedAsync(place.Host, place.Target, cancellation).ConfigureAwait(false);
            return server.Federates
                ? [.. seen, .. await OpenAsync(led ?? outside, place, server.ServerName, seen[0].Verdict != Verdict.Unseen, cancellation).ConfigureAwait(false)]
                : await ClosedAsync(led ?? outside, place, server.ServerName, cancellation).ConfigureAwait(false);
        }
        catch (SocketException) when (led is null)
        {
            // The target of a SRV record has no address, and that is told.
            return server.Federates ? seen : await ClosedAsync(outside, place with { Port = FederationPlace.DefaultPort }, server.ServerName, cancellation).ConfigureAwait(false);
        }
        finally
        {
            led?.Dispose();
        }
    }

    private static async Task<IReadOnlyList<Diagnosis>> OpenAsync(Outside way, FederationPlace place, string serverName, bool isKnown, CancellationToken cancellation)
    {
        var web = new WebDoctor(way);
        return
        [
            // At 443 the site itself is looked at; and where the site that leads there is away, that is told already.
            .. isKnown && (place.Port != 443 || place.Target is not null) ? await new SiteDoctor(way, "").ServerAsync(place.Host, place.Port, cancellation).ConfigureAwait(false) : [],
            .. await Task.WhenAll(
                web.LookAsync(
                    "federation, its version", $"https://{place.At}/_matrix/federation/v1/version",
                    answer => answer.Status != 200 ? $"it answers with {answer.Status}" : Has(answer, "server", JsonValueKind.Object) ? null : "it names no server",
                    "Other homeservers cannot reach this one: does the gateway let /_matrix/federation through?", cancellation),
                web.LookAsync(
                    "federation, its keys", $"https://{place.At}/_matrix/key/v2/server",
                    answer => KeyOf(answer) is var name && name == serverName ? null : $"the keys are of \"{name}\"",
                    "Other homeservers believe nothing without the keys: does the gateway let /_matrix/key through?", cancellation)).ConfigureAwait(false),
        ];
    }

    /// <summary>Federation is off: whatever the delegation says, and where there is none.</summary>
    private async Task<IReadOnlyList<Diagnosis>> ClosedAsync(Outside way, FederationPlace place, string serverName, CancellationToken cancellation)
    {
        var ways = new[] { (Way: way, place.At), (Way: outside, At: $"{serverName}:{FederationPlace.DefaultPort}") }.DistinctBy(one => one.At);
        return await Task.WhenAll(ways.Select(one => new WebDoctor(one.Way).ClosedAsync(
            $"federation is off at {one.At}", $"https://{one.At}/_matrix/federation/v1/version",
            answer => answer.Status == 200 && Has(answer, "server", JsonValueKind.Object) ? "a homeserver answers other homeservers" : null,
            "The declaration says that it does not federate: is another server running there?", cancellation, mayBeSilent: true))).ConfigureAwait(false);
    }

    private static string? LeadsTo(Answer answer, MatrixClientOutside declared)
    {
        if (Problem(answer) is { } problem)
            return problem;
        using var document = JsonDocument.Parse(answer.Body);
        var led = document.RootElement.TryGetProperty("m.homeserver", out var server) && server.ValueKind == JsonValueKind.Object
            && server.TryGetProperty("base_url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString() : null;
        if (led?.TrimEnd('/') != declared.BaseUrl)
            return led is null ? "it names no homeserver" : $"it leads clients to {led}, not to {declared.BaseUrl}";
        return declared.CallsUrl.Length == 0 || Foci(document.RootElement).Contains(declared.CallsUrl)
            ? null
            : $"it does not tell clients of calls at {declared.CallsUrl} (org.matrix.msc4143.rtc_foci)";
    }

    private static IEnumerable<string?> Foci(JsonElement wellKnown) =>
        wellKnown.TryGetProperty("org.matrix.msc4143.rtc_foci", out var foci) && foci.ValueKind == JsonValueKind.Array
            ? foci.EnumerateArray().Where(focus => focus.ValueKind == JsonValueKind.Object)
                .Select(focus => focus.TryGetProperty("livekit_service_url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString() : null)
                .Select(url => url?.TrimEnd('/'))
            : [];

    /// <summary>Refused, or with a way that asks for a token in each of its flows.</summary>
    private static string? IsClosed(Answer answer)
    {
        if (answer.Status is >= 200 and < 300)
            return $"an account was as good as made: it answers with {answer.Status}";
        if (answer.Status != 401 || !Has(answer, "flows", JsonValueKind.Array))
            return null;
        using var document = JsonDocument.Parse(answer.Body);
        var open = document.RootElement.GetProperty("flows").EnumerateArray().FirstOrDefault(flow =>
            !(flow.ValueKind == JsonValueKind.Object && flow.TryGetProperty("stages", out var stages) && stages.ValueKind == JsonValueKind.Array
                && stages.EnumerateArray().Any(stage => stage.ValueKind == JsonValueKind.String && stage.ValueEquals("m.login.registration_token"))));
        return open.ValueKind == JsonValueKind.Undefined ? null : $"it offers {open.GetRawText()}, which asks for no token";
    }

    /// <summary>What is wrong with an answer that any browser must be able to read as JSON.</summary>
    private static string? Problem(Answer answer)
    {
        if (answer.Status != 200)
            return $"it answers with {answer.Status}";
        if (!IsObject(answer))
            return "it is not valid JSON";
        return answer.AllowOrigin == "*" ? null : $"browsers of other sites may not read it (Access-Control-Allow-Origin is {(answer.AllowOrigin.Length == 0 ? "missing" : answer.AllowOrigin)})";
    }

    private static bool IsObject(Answer answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer.Body);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool Has(Answer answer, string member, JsonValueKind kind)
    {
        if (!IsObject(answer))
            return false;
        using var document = JsonDocument.Parse(answer.Body);
        return document.RootElement.TryGetProperty(member, out var value) && value.ValueKind == kind;
    }

    internal static string? Text(Answer answer, string member)
    {
        if (!Has(answer, member, JsonValueKind.String))
            return null;
        using var document = JsonDocument.Parse(answer.Body);
        return document.RootElement.GetProperty(member).GetString();
    }

    private static string KeyOf(Answer answer) => answer.Status == 200 ? Text(answer, "server_name") ?? "nobody" : $"nobody, with the status {answer.Status}";
}
