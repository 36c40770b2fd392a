using System.Text.Json.Nodes;

namespace MatrixProvisioner;

/// <summary>One answer: a status, and its JSON body.</summary>
/// <param name="Status">The status.</param>
/// <param name="Content">What it says; null where that was not JSON.</param>
/// <param name="Later">What its Retry-After header says.</param>
internal sealed record Answer(int Status, JsonNode? Content, TimeSpan? Later = null)
{
    /// <summary>The members of its body; none where that was no JSON object.</summary>
    public JsonObject Body { get; } = Content as JsonObject ?? [];

    public string? Errcode => Text("errcode");

    /// <summary>How long a homeserver that wants no more requests asks to wait: its header, or the older member of the body.</summary>
    public TimeSpan? RetryAfter =>
        Later ?? (Body["retry_after_ms"] is JsonValue value && value.TryGetValue<int>(out var given) ? TimeSpan.FromMilliseconds(given) : null);

    /// <summary>What the homeserver said, for a message. Without its own text, which can quote a token.</summary>
    public string Summary => $"status {Status}{(Errcode is null ? "" : $", {Errcode}")}";

    public string? Text(string name) => Body[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
