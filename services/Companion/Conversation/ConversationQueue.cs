namespace Companion.Conversation;

/// <summary>
/// Runs the work of one conversation one after the other, for each answer is part of the next question, and that of several side by
/// side, up to a limit.
/// </summary>
internal sealed class ConversationQueue(int sideBySide, int most) : IDisposable
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim places = new(sideBySide);
    private readonly Dictionary<ConversationKey, Task> last = [];
    private int waiting;

    /// <summary>Everything that is under way or waits.</summary>
    public Task Idle
    {
        get
        {
            lock (gate)
                return Task.WhenAll(last.Values);
        }
    }

    /// <returns>False: too much is waiting, and the work will not be done.</returns>
    public bool TryAdd(ConversationKey key, Func<Task> work)
    {
        lock (gate)
        {
            if (waiting >= most)
                return false;
            waiting++;
            var before = last.GetValueOrDefault(key, Task.CompletedTask);
            last[key] = RunAsync(key, before, work);
            return true;
        }
    }

    public void Dispose() => places.Dispose();

    private async Task RunAsync(ConversationKey key, Task before, Func<Task> work)
    {
        // Not in the caller's stack: it holds the lock.
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await places.WaitAsync();
        try
        {
            await work();
        }
        finally
        {
            places.Release();
            lock (gate)
                if (--waiting == 0)
                    last.Clear();
        }
    }
}
