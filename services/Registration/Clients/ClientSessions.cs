using Sodium;

namespace Registration.Clients;

/// <summary>The sessions that are open: for a quarter of an hour, and at most a thousand; beyond, the oldest goes.</summary>
internal sealed class ClientSessions(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);
    public const int Most = 1_000;

    private readonly Lock gate = new();
    private readonly Dictionary<string, ClientSession> sessions = [];
    private readonly Queue<ClientSession> byAge = new();

    public ClientSession Open()
    {
        var session = new ClientSession(SodiumRandom.Hex(32), time.GetUtcNow());
        lock (gate)
        {
            while (byAge.TryPeek(out var oldest) && (byAge.Count >= Most || IsOver(oldest)))
                sessions.Remove(byAge.Dequeue().Id);
            sessions[session.Id] = session;
            byAge.Enqueue(session);
        }
        return session;
    }

    /// <summary>The session of this id; null where there is none, or none any more.</summary>
    public ClientSession? Find(string id)
    {
        lock (gate)
            return sessions.TryGetValue(id, out var session) && !IsOver(session) ? session : null;
    }

    public void Close(ClientSession session)
    {
        lock (gate)
            sessions.Remove(session.Id);
    }

    private bool IsOver(ClientSession session) => time.GetUtcNow() - session.Opened >= Lifetime;
}
