using System.Threading.Channels;
using CallTokens.LiveKit;
using CallTokens.Requests;

namespace CallTokens.Leave;

/// <summary>
/// One person's leave, from being handed over to its end. While LiveKit has the person, the homeserver is told again and again to hold the
/// event back; when LiveKit loses the person, it is told to send it. One task runs it, and holds all its state.
/// </summary>
internal sealed class LeaveJob(LeaveKey key, DelayedLeave leave, RoomService rooms, DelayedEvents events, TimeProvider time, ILogger log)
{
    /// <summary>Membership in a call ends after it at the latest, so nobody is waited for longer.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>How often LiveKit is asked whether the person is still there: a webhook can be lost.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    private readonly Channel<Signal> signals = Channel.CreateBounded<Signal>(new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropOldest });

    public LeaveKey Key => key;

    public DelayedLeave Leave => leave;

    /// <summary>Tells it what LiveKit said.</summary>
    public void Tell(Signal signal) => signals.Writer.TryWrite(signal);

    /// <summary>Runs to the end of it, or until it is cancelled, which tells the homeserver nothing.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var connection = await JoinedAsync(cancellation);
        if (connection is null)
            return;
        var remaining = connection.Length == 0 ? FirstPause : await StayAsync(connection, cancellation);
        if (remaining is { } left)
            await SendAsync(left, cancellation);
    }

    /// <summary>Waits until the person is there.</summary>
    /// <returns>The connection; empty where nobody came in time; null where the connection failed, and the client itself goes on.</returns>
    private async Task<string?> JoinedAsync(CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        var longest = leave.Delay < LongestWait ? leave.Delay : LongestWait;
        for (var pause = FirstPause; time.GetElapsedTime(started) is var elapsed && elapsed < longest; pause = Longer(pause))
        {
            if (await FindAsync(cancellation) is { Found: true, Connection: { } found })
                return found.Length > 0 ? found : "unnamed";
            switch (await SignalAsync(Shorter(pause, longest - elapsed), cancellation))
            {
                case { Kind: SignalKind.Joined } joined:
                    return joined.Connection.Length > 0 ? joined.Connection : "unnamed";
                case { Kind: SignalKind.Aborted }:
                    return null;
            }
        }
        return "";
    }

    /// <summary>Holds the event back for as long as the person is there.</summary>
    /// <returns>How long sending it is worth trying; null where the homeserver has no such event any more.</returns>
    private async Task<TimeSpan?> StayAsync(string connection, CancellationToken cancellation)
    {
        var restarted = time.GetTimestamp();
        var (next, pause, missed) = (TimeSpan.Zero, FirstPause, 0);
        while (true)
        {
            var elapsed = time.GetElapsedTime(restarted);
            if (elapsed >= next)
            {
                var (taken, wait) = await events.RestartAsync(leave, cancellation);
                if (taken == Taken.Gone)
                    return null;
                if (taken == Taken.Done)
                {
                    restarted = time.GetTimestamp();
                    (next, pause) = (leave.Delay * 0.8 > FirstPause ? leave.Delay * 0.8 : FirstPause, FirstPause);
                }
                else if (elapsed >= leave.Delay)
                    return FirstPause; // The homeserver has sent it by itself meanwhile; one more word does no harm.
                else
                {
                    log.HomeserverBusy(leave.ClientApi, "restart");
                    next = elapsed + (wait ?? pause);
                    pause = Longer(pause);
                }
                continue;
            }
            switch (await SignalAsync(Shorter(Glance, next - elapsed), cancellation))
            {
                // A client that reconnects has a new connection before the old one counts as over.
                case { Kind: SignalKind.Joined, Connection: { Length: > 0 } joined }:
                    connection = joined;
                    break;
                case { Kind: SignalKind.Left or SignalKind.Aborted } over when over.Connection.Length == 0 || over.Connection == connection || connection == "unnamed":
                    return Remaining(restarted);
                case null:
                    missed = await FindAsync(cancellation) is { Found: true, Connection: null } ? missed + 1 : 0;
                    if (missed > 1)
                        return Remaining(restarted);
                    break;
            }
        }
    }

    private async Task SendAsync(TimeSpan remaining, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            var (taken, wait) = await events.SendAsync(leave, cancellation);
            if (taken != Taken.NotNow)
            {
                log.Left(leave.ClientApi);
                return;
            }
            log.HomeserverBusy(leave.ClientApi, "send");
            if (time.GetElapsedTime(started) >= remaining)
                return;
            await Task.Delay(Shorter(wait ?? pause, LongestPause), time, cancellation);
        }
    }

    private TimeSpan Remaining(long restarted)
    {
        var left = leave.Delay - time.GetElapsedTime(restarted);
        return left < FirstPause ? FirstPause : Shorter(left, LongestWait);
    }

    private async Task<(bool Found, string? Connection)> FindAsync(CancellationToken cancellation)
    {
        try
        {
            return (true, await rooms.FindAsync(key.Room, key.Identity, cancellation));
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return (false, null);
        }
    }

    private async Task<Signal?> SignalAsync(TimeSpan longest, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await signals.Reader.ReadAsync(both.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => Shorter(pause * 1.5, LongestPause);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}

/// <summary>Whose leave it is: a person in a room, as LiveKit calls both.</summary>
internal readonly record struct LeaveKey(string Room, string Identity);
