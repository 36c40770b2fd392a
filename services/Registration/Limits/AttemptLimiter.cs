using System.Net;

namespace Registration.Limits;

internal sealed record AttemptLimits
{
    public Limit AttemptsPerClient { get; init; } = new(10, TimeSpan.FromMinutes(1));

    public Limit WrongCodesPerClient { get; init; } = new(5, TimeSpan.FromMinutes(15));

    /// <summary>Against guessing from many addresses. Its price: whoever has many can keep registration closed.</summary>
    public Limit WrongCodesInAll { get; init; } = new(100, TimeSpan.FromMinutes(15));

    /// <summary>With one invite's right code, from wherever: nobody can wear out the homeserver with it.</summary>
    public Limit AttemptsPerCode { get; init; } = new(60, TimeSpan.FromMinutes(10));

    /// <summary>Requests of Matrix clients, which need several for one account.</summary>
    public Limit ClientRequests { get; init; } = new(30, TimeSpan.FromMinutes(1));

    /// <summary>Looks whether a name is free, while somebody types.</summary>
    public Limit NameChecks { get; init; } = new(40, TimeSpan.FromMinutes(1));

    /// <summary>Accounts of bridges, which make one for each person of another network.</summary>
    public Limit ApplicationServices { get; init; } = new(600, TimeSpan.FromMinutes(1));

    /// <summary>Tokens of application services that the homeserver did not know.</summary>
    public Limit WrongTokens { get; init; } = new(5, TimeSpan.FromMinutes(15));

    /// <summary>Clients remembered at most; beyond, the one seen longest ago is forgotten.</summary>
    public int Clients { get; init; } = 10_000;
}

/// <summary>What is counted for each client apart.</summary>
internal enum Effort
{
    Registration,
    ClientRequest,
    NameCheck,
    ApplicationService,
    WrongToken,
}

internal enum CodeVerdict
{
    Right,
    Wrong,
    TooMany,
}

/// <summary>
/// Counts attempts and wrong invite codes per client, and wrong codes in all. The service's only mutable state, and bounded:
/// a refused attempt is not counted, and a client is forgotten once all its limits have lapsed.
/// </summary>
internal sealed class AttemptLimiter(TimeProvider time, AttemptLimits limits)
{
    private readonly Lock gate = new();
    private readonly long start = time.GetTimestamp();
    private readonly SlidingLog wrongInAll = new(limits.WrongCodesInAll);
    private readonly Dictionary<IPAddress, LinkedListNode<Client>> clients = [];
    private readonly LinkedList<Client> byLastSeen = new();
    // By invite, of which there are as many as administrators made.
    private readonly Dictionary<string, SlidingLog> codes = [];

    public int ClientsRemembered
    {
        get
        {
            lock (gate)
                return clients.Count;
        }
    }

    /// <summary>Counts an attempt of this client. Null where it may go on, otherwise how long it has to wait.</summary>
    public TimeSpan? Attempt(IPAddress key, Effort effort = Effort.Registration)
    {
        lock (gate)
        {
            var now = time.GetElapsedTime(start);
            return Count(See(key, now).Efforts[(int)effort], now);
        }
    }

    /// <summary>How long this client has to wait for another attempt, which is not counted; null where it need not.</summary>
    public TimeSpan? Wait(IPAddress key, Effort effort)
    {
        lock (gate)
        {
            var now = time.GetElapsedTime(start);
            return See(key, now).Efforts[(int)effort].Wait(now);
        }
    }

    /// <summary>Counts an attempt with the right code of an invite. Null where it may go on, otherwise how long it has to wait.</summary>
    public TimeSpan? AttemptWith(string invite)
    {
        lock (gate)
        {
            if (!codes.TryGetValue(invite, out var attempts))
                codes[invite] = attempts = new(limits.AttemptsPerCode);
            return Count(attempts, time.GetElapsedTime(start));
        }
    }

    /// <summary>
    /// Judges a code whose comparison came out as <paramref name="matches"/>, and counts a wrong one. One step under the lock:
    /// a hundred parallel guesses are judged one after the other, and beyond the limit a right code looks like a wrong one.
    /// </summary>
    public (CodeVerdict Verdict, TimeSpan Wait) Judge(IPAddress key, bool matches)
    {
        lock (gate)
        {
            var now = time.GetElapsedTime(start);
            var client = See(key, now);
            var waits = new[] { client.WrongCodes.Wait(now), wrongInAll.Wait(now) };
            if (waits.Max() is { } wait)
                return (CodeVerdict.TooMany, wait);
            if (matches)
                return (CodeVerdict.Right, TimeSpan.Zero);
            client.WrongCodes.Add(now);
            wrongInAll.Add(now);
            return (CodeVerdict.Wrong, TimeSpan.Zero);
        }
    }

    private static TimeSpan? Count(SlidingLog events, TimeSpan now)
    {
        if (events.Wait(now) is { } wait)
            return wait;
        events.Add(now);
        return null;
    }

    private Client See(IPAddress key, TimeSpan now)
    {
        if (clients.TryGetValue(key, out var node))
            byLastSeen.Remove(node);
        else
            clients[key] = node = new(new Client(
                key,
                [new(limits.AttemptsPerClient), new(limits.ClientRequests), new(limits.NameChecks), new(limits.ApplicationServices), new(limits.WrongTokens)],
                new(limits.WrongCodesPerClient)));
        node.Value.LastSeen = now;
        byLastSeen.AddLast(node);

        var lapse = TimeSpan.FromTicks(Math.Max(limits.AttemptsPerClient.Window.Ticks, limits.WrongCodesPerClient.Window.Ticks));
        while (byLastSeen.First is { } oldest && (clients.Count > limits.Clients || now - oldest.Value.LastSeen >= lapse))
        {
            byLastSeen.RemoveFirst();
            clients.Remove(oldest.Value.Key);
        }
        return node.Value;
    }

    private sealed class Client(IPAddress key, SlidingLog[] efforts, SlidingLog wrongCodes)
    {
        public IPAddress Key { get; } = key;

        public SlidingLog[] Efforts { get; } = efforts;

        public SlidingLog WrongCodes { get; } = wrongCodes;

        public TimeSpan LastSeen { get; set; }
    }
}
