using System.Text.RegularExpressions;
using Companion.Crypto;
using Companion.Matrix;
using Microsoft.Extensions.Logging;

namespace Companion.Hosting;

/// <summary>
/// Follows what happens, by long polling. The first answer shows how things stand; what people wrote before it is from before the
/// assistant's start, and stays unanswered.
/// </summary>
internal sealed class SyncLoop(MatrixClient client, string userId, Bot bot, Encryption? encryption, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(30);

    public async Task RunAsync(Action ready, CancellationToken stop)
    {
        string? since = null;
        for (var failures = 0; !stop.IsCancellationRequested;)
            try
            {
                var batch = SyncBatch.Read(await client.SyncAsync(since, since is null ? TimeSpan.Zero : Wait, stop));
                failures = 0;
                foreach (var invitation in batch.InvitationsTo(userId))
                    bot.Invited(invitation);
                var late = encryption is null ? [] : await encryption.TakeAsync(batch, stop);
                if (since is not null)
                    foreach (var happened in late.Concat(batch.Events().Where(one => one.IsNew).Select(one => one.Event)))
                        Take(happened);
                if (since is null)
                {
                    bot.TellOfLeftBehind();
                    ready();
                }
                since = batch.NextBatch;
            }
            catch (MatrixException error) when (error.IsPassing)
            {
                log.MatrixFailed("to say what happened", error.Message);
                await Task.Delay(error.RetryAfter ?? TimeSpan.FromSeconds(Math.Min(Math.Pow(2, failures++), 60)), time, stop);
            }
    }

    // What people write may be anything, also no text at all (half a surrogate pair): it must not end the service.
    private void Take(RoomEvent happened)
    {
        try
        {
            if ((encryption is null ? happened : encryption.Read(happened)) is { } readable)
                bot.Happened(readable);
        }
        catch (Exception error) when (error is InvalidOperationException or RegexMatchTimeoutException)
        {
            log.EventRefused(happened.Sender, happened.EventId, error.Message);
        }
    }
}
