using System.Text.Json;
using System.Text.Json.Nodes;
using Registration.Checks;
using Registration.Homeserver;

namespace Registration.Clients;

/// <summary>What a Matrix client is answered.</summary>
internal sealed record ClientAnswer(int Status, JsonObject Body)
{
    public static ClientAnswer Error(int status, string code, string error) =>
        new(status, new JsonObject { ["errcode"] = code, ["error"] = error });

    /// <summary>A refusal of ours, as Matrix says it.</summary>
    public static ClientAnswer Of(Refusal refusal)
    {
        var answer = refusal.Status == 429
            ? Error(429, "M_LIMIT_EXCEEDED", refusal.Sentence)
            : Error(refusal.Status, refusal.Status >= 500 ? "M_UNKNOWN" : "M_FORBIDDEN", refusal.Sentence);
        if (refusal.RetryAfter is { } wait)
            answer.Body["retry_after_ms"] = (long)wait.TotalMilliseconds;
        return answer;
    }

    /// <summary>The homeserver's own answer; nothing where it was none that a client could read.</summary>
    public static ClientAnswer Of(HomeserverAnswer answer) =>
        answer.Body.ValueKind == JsonValueKind.Object && answer.Status is >= 200 and not (>= 300 and < 400)
            ? new(answer.Status, JsonObject.Create(answer.Body)!)
            : Of(Refusals.HomeserverStrange);

    /// <summary>Where the session stands: the stages that lead to an account, and those that are done (client-server API, 5.7.1).</summary>
    public static ClientAnswer Progress(ClientSession session, Refusal? refusal = null)
    {
        var body = new JsonObject
        {
            ["session"] = session.Id,
            ["flows"] = new JsonArray([.. session.State!.Flows.Where(flow => flow.Contains(Uiaa.RegistrationToken))
                .Select(flow => new JsonObject { ["stages"] = new JsonArray([.. InviteFirst(flow).Select(stage => JsonValue.Create(stage))]) })]),
            ["params"] = session.StageParameters?.DeepClone() ?? new JsonObject(),
        };
        if (session.State.Completed.Count > 0)
            body["completed"] = new JsonArray([.. session.State.Completed.Select(stage => JsonValue.Create(stage))]);
        if (refusal is not null)
            (body["errcode"], body["error"]) = ("M_FORBIDDEN", refusal.Sentence);
        return new(401, body);
    }

    private static IEnumerable<string> InviteFirst(IEnumerable<string> flow) => flow.OrderBy(stage => stage == Uiaa.RegistrationToken ? 0 : 1);
}
