using System.Collections.Concurrent;
using Companion.Matrix;

namespace Companion.Hosting;

/// <summary>Shows in a room that the assistant writes, as long as any of its answers there is under way.</summary>
internal sealed class TypingNotice(MatrixClient client, string userId, TimeProvider time)
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, int> underWay = [];

    public async Task DuringAsync(string room, Func<Task> work)
    {
        using var done = new CancellationTokenSource();
        underWay.AddOrUpdate(room, 1, (_, count) => count + 1);
        var typing = KeepAsync(room, done.Token);
        try
        {
            await work();
        }
        finally
        {
            await done.CancelAsync();
            await typing;
            if (underWay.AddOrUpdate(room, 0, (_, count) => count - 1) == 0)
                await SayAsync(room, null);
        }
    }

    private async Task KeepAsync(string room, CancellationToken done)
    {
        try
        {
            while (true)
            {
                await SayAsync(room, Length);
                await Task.Delay(Length * 0.8, time, done);
            }
        }
        catch (OperationCanceledException)
        {
            // The answer is done.
        }
    }

    // It is a courtesy: an answer must not fail of it.
    private async Task SayAsync(string room, TimeSpan? length)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await client.TypingAsync(room, userId, length, limit.Token);
        }
        catch (Exception error) when (error is MatrixException or OperationCanceledException)
        {
            // See above.
        }
    }
}
