using System.Text.Json.Serialization;

namespace Hale.Operator.Doctor;

/// <summary>How something was found.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    [JsonStringEnumMemberName("well")]
    Well,

    /// <summary>Not looked at, for something else that is told of stood in between.</summary>
    [JsonStringEnumMemberName("unseen")]
    Unseen,

    /// <summary>It works, and may soon not, or only looks odd.</summary>
    [JsonStringEnumMemberName("doubtful")]
    Doubtful,

    /// <summary>It does not work for somebody.</summary>
    [JsonStringEnumMemberName("wrong")]
    Wrong,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Verdict">How it was found.</param>
/// <param name="What">What was looked at: <c>certificate of chat.example.org</c>.</param>
/// <param name="Seen">What was seen, with the value.</param>
/// <param name="Hint">What to do; empty where nothing is to be done.</param>
internal sealed record Diagnosis(Verdict Verdict, string What, string Seen, string Hint = "")
{
    public static Diagnosis Well(string what, string seen) => new(Verdict.Well, what, seen);

    public static Diagnosis Unseen(string what, string seen) => new(Verdict.Unseen, what, seen);

    public static Diagnosis Doubtful(string what, string seen, string hint) => new(Verdict.Doubtful, what, seen, hint);

    public static Diagnosis Wrong(string what, string seen, string hint) => new(Verdict.Wrong, what, seen, hint);
}

/// <summary>What <c>hale doctor --json</c> gives.</summary>
/// <param name="Hosts">Each host.</param>
internal sealed record DoctorResult(IReadOnlyList<HostDiagnoses> Hosts);

/// <summary>All that was looked at for a host.</summary>
/// <param name="Host">Its name.</param>
/// <param name="Well">Whether nothing is wrong.</param>
/// <param name="Findings">What was looked at, in a fixed order.</param>
internal sealed record HostDiagnoses(string Host, bool Well, IReadOnlyList<Diagnosis> Findings);

[JsonSerializable(typeof(DoctorResult))]
internal sealed partial class DoctorJson : JsonSerializerContext;
