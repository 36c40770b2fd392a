using CallTokens.LiveKit;
using CallTokens.Requests;

namespace CallTokens.Leave;

/// <summary>
/// The leaves that were handed over, one for each person in each room: a later one takes the place of an earlier. Kept in a file, so that a
/// restart of this service does not make people leave their calls.
/// </summary>
internal sealed class Leaves(RoomService rooms, DelayedEvents events, LeaveFile file, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private const int Most = 5_000;

    // Strangers fill it no further: the rest is for those who may open calls.
    private const int MostWithStrangers = 1_000;

    // Reasons of LiveKit (DisconnectReason) after which the person is there still: another connection took over, or another node.
    private static readonly string[] GoesOn = ["DUPLICATE_IDENTITY", "MIGRATION", "2", "8"];

    private readonly Lock gate = new();
    private readonly Dictionary<LeaveKey, (LeaveJob Job, CancellationTokenSource Stop, Task Running)> jobs = [];
    private readonly CancellationTokenSource stopping = new();

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return jobs.Count;
        }
    }

    /// <summary>Takes up those that the file remembers.</summary>
    public void Restore()
    {
        foreach (var (key, leave) in file.Read())
            Start(key, leave);
    }

    /// <summary>Takes a leave over.</summary>
    /// <param name="key">Who, in which room.</param>
    /// <param name="leave">What is handed over.</param>
    /// <param name="isFull">Whether the person may open calls.</param>
    /// <exception cref="Refusal">There are too many.</exception>
    public void Take(LeaveKey key, DelayedLeave leave, bool isFull)
    {
        lock (gate)
            if (jobs.Count >= (isFull ? Most : MostWithStrangers) && !jobs.ContainsKey(key))
                throw Refusal.TooMany();
        Start(key, leave);
        Save();
    }

    /// <summary>Passes on what LiveKit tells.</summary>
    public void Tell(WebhookEvent told)
    {
        if (told is not { Room.Name: { } room, Participant: { Identity: { } identity } participant })
            return;
        SignalKind? kind = told.Event switch
        {
            "participant_joined" => SignalKind.Joined,
            "participant_left" when !GoesOn.Contains(participant.DisconnectReason.ToString()) => SignalKind.Left,
            "participant_connection_aborted" => SignalKind.Aborted,
            _ => null,
        };
        if (kind is not { } known)
            return;
        lock (gate)
            if (jobs.TryGetValue(new LeaveKey(room, identity), out var found))
                found.Job.Tell(new Signal(known, participant.Sid ?? ""));
    }

    /// <summary>Stops them where they are; the file has them for the next start.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        List<Task> running;
        lock (gate)
            running = [.. jobs.Values.Select(entry => entry.Running)];
        await Task.WhenAll(running);
        stopping.Dispose();
    }

    private void Start(LeaveKey key, DelayedLeave leave)
    {
        lock (gate)
        {
            if (stopping.IsCancellationRequested)
                return;
            if (jobs.Remove(key, out var earlier))
                earlier.Stop.Cancel();
            var job = new LeaveJob(key, leave, rooms, events, time, log);
            var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
            // Not begun here: it must find itself in the table.
            jobs[key] = (job, stop, Task.Run(() => RunAsync(job, stop)));
        }
    }

    private async Task RunAsync(LeaveJob job, CancellationTokenSource stop)
    {
        try
        {
            await job.RunAsync(stop.Token);
        }
        catch (OperationCanceledException)
        {
            // Replaced, or the service stops.
        }
        var isOver = false;
        lock (gate)
            if (!stopping.IsCancellationRequested && jobs.TryGetValue(job.Key, out var mine) && mine.Job == job)
                isOver = jobs.Remove(job.Key);
        if (isOver)
            Save();
        stop.Dispose();
    }

    private void Save() => file.Write(() =>
    {
        lock (gate)
            return [.. jobs.Values.Select(entry => (entry.Job.Key, entry.Job.Leave))];
    });
}
