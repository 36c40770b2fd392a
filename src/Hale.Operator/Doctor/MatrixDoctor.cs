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
            answer => LeadsTo(answer, server.BaseUrl), "Clients are led by it: does the gateway serve the server's own name?", cancellation, follow: true),
        web.LookAsync(
            "versions of the client API", $"{server.BaseUrl}/_matrix/client/versions",
            answer => Problem(answer) ?? (Has(answer, "versions", JsonValueKind.Array) ? null : "it names no versions"),
            "Does the homeserver run? hale status says.", cancellation),
        web.LookAsync(
            "registration without an invite", $"{server.BaseUrl}/_matrix/client/v3/register", IsClosed,
            "Anybody can make an account: take registration without a token away at once.", cancellation, post: "{}"),
        web.LookAsync(
            "administration from outside", $"{server.BaseUrl}/_synapse/admin/v1/server_version",
            answer => answer.Status is >= 200 and < 300 or 401 ? $"it answers with {answer.Status}" : null,
            "The gateway must refuse /_synapse/admin: who has an administrator's token could come from anywhere.", cancellation)).ConfigureAwait(false);

    public async Task<IReadOnlyList<Diagnosis>> LookAsync(MatrixFederationOutside server, CancellationToken cancellation)
    {
        var delegated = await DelegatedAsync(server.ServerName, cancellation).ConfigureAwait(false);
        var at = delegated.At ?? $"{server.ServerName}:8448";
        if (server.Federates)
            return
            [
                delegated.Diagnosis,
                // At 443 the site itself is looked at.
                .. delegated.At is not null && new Uri($"https://{at}/") is { Port: not 443 } led
                    ? await new SiteDoctor(outside, "").ServerAsync(led.Host, led.Port, cancellation).ConfigureAwait(false) : [],
                .. await Task.WhenAll(
                    web.LookAsync(
                        "federation, its version", $"https://{at}/_matrix/federation/v1/version",
                        answer => answer.Status != 200 ? $"it answers with {answer.Status}" : Has(answer, "server", JsonValueKind.Object) ? null : "it names no server",
                        "Other homeservers cannot reach this one: does the gateway let /_matrix/federation through?", cancellation),
                    web.LookAsync(
                        "federation, its keys", $"https://{at}/_matrix/key/v2/server",
                        answer => KeyOf(answer) is var name && name == server.ServerName ? null : $"the keys are of \"{name}\"",
                        "Other homeservers believe nothing without the keys: does the gateway let /_matrix/key through?", cancellation)).ConfigureAwait(false),
            ];
        // Off: whatever the delegation says and where there is none.
        return await Task.WhenAll(new[] { at, $"{server.ServerName}:8448" }.Distinct().Select(place => web.LookAsync(
            $"federation is off at {place}", $"https://{place}/_matrix/federation/v1/version",
            answer => answer.Status == 200 && Has(answer, "server", JsonValueKind.Object) ? "a homeserver answers other homeservers" : null,
            "The declaration says that it does not federate: is another server running there?", cancellation, mayBeSilent: true))).ConfigureAwait(false);
    }

    /// <summary>Where other homeservers are led.</summary>
    private async Task<(string? At, Diagnosis Diagnosis)> DelegatedAsync(string serverName, CancellationToken cancellation)
    {
        string? at = null;
        var diagnosis = await web.LookAsync(
            "well-known of servers", $"https://{serverName}/.well-known/matrix/server",
            answer =>
            {
                if (answer.Status != 200)
                    return $"it answers with {answer.Status}, so servers try {serverName}:8448";
                if (Text(answer, "m.server") is not { } said)
                    return "it has no m.server";
                var place = said.Contains(':', StringComparison.Ordinal) ? said : $"{said}:8448";
                if (!Uri.TryCreate($"https://{place}/", UriKind.Absolute, out var led) || led is not { PathAndQuery: "/", UserInfo: "", Fragment: "" })
                    return $"its m.server is \"{said}\", which is no name with a port";
                at = place;
                return null;
            },
            "Other homeservers are led by it: does the gateway serve the server's own name?", cancellation, follow: true).ConfigureAwait(false);
        return (at, diagnosis);
    }

    private static string? LeadsTo(Answer answer, string baseUrl)
    {
        if (Problem(answer) is { } problem)
            return problem;
        using var document = JsonDocument.Parse(answer.Body);
        var led = document.RootElement.TryGetProperty("m.homeserver", out var server) && server.ValueKind == JsonValueKind.Object
            && server.TryGetProperty("base_url", out var url) && url.ValueKind == JsonValueKind.String ? url.GetString() : null;
        return led?.TrimEnd('/') == baseUrl ? null : led is null ? "it names no homeserver" : $"it leads clients to {led}, not to {baseUrl}";
    }

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

    private static string? Text(Answer answer, string member)
    {
        if (!Has(answer, member, JsonValueKind.String))
            return null;
        using var document = JsonDocument.Parse(answer.Body);
        return document.RootElement.GetProperty(member).GetString();
    }

    private static string KeyOf(Answer answer) => answer.Status == 200 ? Text(answer, "server_name") ?? "nobody" : $"nobody, with the status {answer.Status}";
}
