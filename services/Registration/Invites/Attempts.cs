using System.Collections.Concurrent;

namespace Registration.Invites;

/// <summary>
/// Accounts that the homeserver was asked to make and has not answered for. Whoever asked is told after a while that it takes too long; the
/// answer is waited for all the same, for an account that is made late is a use like any other. A restart forgets them: then
/// <see cref="Settlement"/> looks what became of them.
/// </summary>
internal sealed class Attempts(ILogger log)
{
    private readonly ConcurrentDictionary<Task, long> underWay = new();

    /// <summary>Whether the homeserver may still answer for it.</summary>
    public bool Has(Reservation reservation) => underWay.Values.Contains(reservation.Number);

    /// <summary>Waits for an answer.</summary>
    /// <param name="reservation">The use that was kept for it.</param>
    /// <param name="asking">What the homeserver is asked.</param>
    /// <param name="patience">How long whoever asked waits.</param>
    /// <param name="late">What is done with an answer that comes later.</param>
    /// <returns>Null where none came in time.</returns>
    public async Task<T?> AnswerAsync<T>(Reservation reservation, Task<T> asking, TimeSpan patience, Func<Task> late)
        where T : class
    {
        if (await Task.WhenAny(asking, Task.Delay(patience)) == asking)
            return await asking;
        var ending = EndAsync(late);
        underWay[ending] = reservation.Number;
        _ = ending.ContinueWith(ended => underWay.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return null;
    }

    /// <summary>Ends with the last of them.</summary>
    public Task EndAsync() => Task.WhenAll(underWay.Keys);

    private async Task EndAsync(Func<Task> late)
    {
        try
        {
            await late();
        }
        catch (Exception error) when (error is Sqlite.SqliteException or InvalidOperationException)
        {
            log.StoreFailed(error.Message);
        }
    }
}
