using System.Text.Json;

namespace Registration.Homeserver;

/// <summary>
/// Where a user-interactive authentication stands (Matrix client-server API, "User-Interactive Authentication API"):
/// the homeserver offers flows, each a list of stages, and a session in which one flow's stages are done in turn.
/// </summary>
internal sealed record Uiaa(string Session, IReadOnlyList<IReadOnlyList<string>> Flows, IReadOnlyList<string> Completed)
{
    public const string RegistrationToken = "m.login.registration_token";
    public const string Dummy = "m.login.dummy";

    /// <summary>Reads the body of a 401. Null where it is no such thing: no session, or no flow.</summary>
    public static Uiaa? Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty("session", out var session) || session.ValueKind != JsonValueKind.String
            || !body.TryGetProperty("flows", out var flows) || flows.ValueKind != JsonValueKind.Array)
            return null;
        var stages = flows.EnumerateArray()
            .Select(flow => flow.ValueKind == JsonValueKind.Object && flow.TryGetProperty("stages", out var names) ? Strings(names) : [])
            .ToArray();
        var completed = body.TryGetProperty("completed", out var done) ? Strings(done) : [];
        return session.GetString() is { Length: > 0 } id && stages.Length > 0 ? new Uiaa(id, stages, completed) : null;
    }

    /// <summary>The next stage of the first flow that needs nothing but a token. Null where no flow is like that.</summary>
    public string? NextStage() => Flows
        .Where(flow => flow.All(stage => stage is RegistrationToken or Dummy))
        .Select(flow => flow.Except(Completed).FirstOrDefault(Dummy))
        .FirstOrDefault();

    /// <summary>The stages that stand in the way, for a message.</summary>
    public string Obstacles => string.Join(", ", Flows.SelectMany(flow => flow).Except([RegistrationToken, Dummy]));

    private static IReadOnlyList<string> Strings(JsonElement names) => names.ValueKind != JsonValueKind.Array
        ? []
        : [.. names.EnumerateArray().Where(name => name.ValueKind == JsonValueKind.String).Select(name => name.GetString()!)];
}
