namespace Registration.Limits;

/// <summary>How many events a window may hold.</summary>
internal readonly record struct Limit(int Count, TimeSpan Window);

/// <summary>
/// The times of the last few events: at most as many as the limit admits, so its size is fixed.
/// Not safe for several threads; <see cref="AttemptLimiter"/> holds the lock.
/// </summary>
internal sealed class SlidingLog(Limit limit)
{
    private readonly Queue<TimeSpan> times = new();

    /// <summary>How long until one more event fits, or null where it fits now.</summary>
    public TimeSpan? Wait(TimeSpan now)
    {
        while (times.TryPeek(out var oldest) && now - oldest >= limit.Window)
            times.Dequeue();
        return times.Count < limit.Count ? null : times.Peek() + limit.Window - now;
    }

    /// <summary>Notes an event. Only to be called where <see cref="Wait"/> just returned null.</summary>
    public void Add(TimeSpan now) => times.Enqueue(now);
}
