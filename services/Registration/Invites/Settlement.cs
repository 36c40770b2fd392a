using Registration.Homeserver;

namespace Registration.Invites;

/// <summary>
/// Settles what nobody heard the end of: the homeserver was away, or this service was killed while it asked. Where the account is
/// there, the use counts; where it is not, the use is free again.
/// </summary>
internal sealed class Settlement(InviteBook book, Attempts attempts, HomeserverClient homeserver, ILogger log)
{
    public async Task RunAsync(TimeSpan every, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(every);
        try
        {
            do
                await SettleAsync(stop);
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // What is left is settled after the next start.
        }
    }

    private async Task SettleAsync(CancellationToken stop)
    {
        try
        {
            // What the homeserver may still answer for, its answer settles.
            foreach (var due in book.Due().Where(due => !attempts.Has(due)))
            {
                stop.ThrowIfCancellationRequested();
                if (await homeserver.ExistsAsync(due.UserName) is not { } exists)
                    continue;
                if (exists)
                    book.Commit(due, homeserver.UserId(due.UserName), "the homeserver's answer was lost; the account was found afterwards");
                else if (!book.ReleaseDue(due))
                    continue;
                log.Settled(due.Invite.Id, due.UserName, exists ? "the account was made" : "no account was made, the use is free again");
            }
        }
        catch (Sqlite.SqliteException error)
        {
            // A full disk may have room again at the next try.
            log.StoreFailed(error.Message);
        }
    }
}
