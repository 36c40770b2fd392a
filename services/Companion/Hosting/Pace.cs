namespace Companion.Hosting;

/// <summary>
/// How often one sender asks, in one thread and in one room. Two assistants that mention each other would go on until the month's money is
/// spent: no person asks as often as they do.
/// </summary>
internal sealed class Pace(TimeProvider time)
{
    /// <summary>In one thread.</summary>
    public const int Most = 20;

    /// <summary>In one room, where each message may begin a thread of its own.</summary>
    public const int MostInRoom = 60;

    public static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    private readonly Dictionary<(string Room, string Thread, string Sender), Asked> asked = [];

    /// <summary>Whether a question is one of few enough.</summary>
    public enum Verdict
    {
        /// <summary>It is.</summary>
        Fits,

        /// <summary>It is not, and the sender is told: once in a while, or the telling would go on without end.</summary>
        FirstTooMany,

        /// <summary>One more.</summary>
        TooMany,
    }

    /// <summary>Counts a question.</summary>
    public Verdict Judge(string room, string thread, string sender)
    {
        var now = time.GetUtcNow();
        foreach (var (old, one) in asked.Where(one => one.Value.IsOver(now)).ToList())
            asked.Remove(old);
        var (inThread, inRoom) = (Of(room, thread, sender), Of(room, "", sender));
        // Those that are not answered do not count: who waits may ask again.
        if (inThread.Count(now) < Most && inRoom.Count(now) < MostInRoom)
        {
            inThread.Add(now);
            inRoom.Add(now);
            return Verdict.Fits;
        }
        var full = inThread.Count(now) < Most ? inRoom : inThread;
        return full.Tell(now) ? Verdict.FirstTooMany : Verdict.TooMany;
    }

    private Asked Of(string room, string thread, string sender) =>
        asked.TryGetValue((room, thread, sender), out var known) ? known : asked[(room, thread, sender)] = new();

    private sealed class Asked
    {
        private readonly List<DateTimeOffset> times = [];
        private DateTimeOffset told = DateTimeOffset.MinValue;

        public int Count(DateTimeOffset now)
        {
            times.RemoveAll(one => now - one >= Span);
            return times.Count;
        }

        public void Add(DateTimeOffset now) => times.Add(now);

        /// <returns>Whether it was not told within the span.</returns>
        public bool Tell(DateTimeOffset now)
        {
            if (now - told < Span)
                return false;
            told = now;
            return true;
        }

        public bool IsOver(DateTimeOffset now) => Count(now) == 0 && now - told >= Span;
    }
}
