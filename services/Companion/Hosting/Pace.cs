namespace Companion.Hosting;

/// <summary>
/// How often one sender asks in one thread. Two assistants that mention each other would go on until the month's money is spent: no person
/// asks as often as they do.
/// </summary>
internal sealed class Pace(TimeProvider time)
{
    public const int Most = 20;
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(string Room, string Thread, string Sender), List<DateTimeOffset>> asked = [];

    /// <summary>Whether a question is one of few enough.</summary>
    public enum Verdict
    {
        /// <summary>It is.</summary>
        Fits,

        /// <summary>The first that is not, of which the sender is told.</summary>
        FirstTooMany,

        /// <summary>One more.</summary>
        TooMany,
    }

    /// <summary>Counts a question.</summary>
    public Verdict Judge(string room, string thread, string sender)
    {
        var now = time.GetUtcNow();
        foreach (var (old, times) in asked.Where(one => now - one.Value[^1] >= Span).ToList())
            asked.Remove(old);
        if (!asked.TryGetValue((room, thread, sender), out var at))
            asked[(room, thread, sender)] = at = [];
        at.RemoveAll(one => now - one >= Span);
        // Those that are not answered count no more: who waits may ask again.
        if (at.Count > Most)
            return Verdict.TooMany;
        at.Add(now);
        return at.Count <= Most ? Verdict.Fits : Verdict.FirstTooMany;
    }
}
