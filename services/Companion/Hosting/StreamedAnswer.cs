using Companion.Matrix;
using Microsoft.Extensions.Logging;

namespace Companion.Hosting;

/// <summary>
/// One answer in the room, while it is being written. A short one is sent once; a longer one appears early and is edited as it grows,
/// ever more slowly, for every edit is an event that stays with the room for good and homeservers limit how many there may be.
/// </summary>
internal sealed class StreamedAnswer(RoomSender rooms, RoomEvent question, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(2.5);
    private static readonly TimeSpan Slowest = TimeSpan.FromSeconds(12);

    private readonly List<(string EventId, string Shown)> sent = [];
    private string latest = "";

    // The message that comes next, where it was tried: its answer may have been lost, and it stands in the room already, as it was then.
    private (string Transaction, string Shown)? tried;

    /// <summary>Takes all that is written so far.</summary>
    public void Grow(string text) => Volatile.Write(ref latest, text);

    /// <summary>Shows it now and then, until it is done.</summary>
    /// <param name="done">All is written. A message that is on its way arrives first: cut off, it would stand in the room and not be known here.</param>
    /// <param name="giveUp">Ends that too.</param>
    public async Task ShowAsync(CancellationToken done, CancellationToken giveUp)
    {
        var pause = First;
        while (await WaitedAsync(pause, done))
        {
            var text = Volatile.Read(ref latest);
            if (text.Length == 0)
                continue;
            try
            {
                await PublishAsync(text, isWhole: false, giveUp);
                pause = Min(First + TimeSpan.FromSeconds(sent.Count + (pause / First)), Slowest);
            }
            catch (MatrixException error)
            {
                // The next one has this text too. Only the last must arrive.
                log.MatrixFailed("an edit", error.Message);
                pause = error.RetryAfter ?? Slowest;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Shows the answer as it stays. Only after <see cref="ShowAsync"/> has ended.</summary>
    public Task FinishAsync(string text, CancellationToken stop) => PublishAsync(text, isWhole: true, stop);

    /// <summary>Says that there will be no answer, below what is there of it.</summary>
    public Task ApologiseAsync(string apology, CancellationToken stop)
    {
        var text = Volatile.Read(ref latest);
        return sent.Count == 0
            ? rooms.SendAsync(question.RoomId, MessageContent.Answer(question, apology, isNotice: true), stop)
            : PublishAsync($"{text.TrimEnd()}\n\n*{apology}*", isWhole: true, stop);
    }

    private async Task PublishAsync(string text, bool isWhole, CancellationToken stop)
    {
        var parts = MessageParts.Cut(text);
        for (var index = 0; index < parts.Count; index++)
        {
            var shown = isWhole || index < parts.Count - 1 ? parts[index] : $"{parts[index].TrimEnd()} …";
            if (index >= sent.Count)
            {
                tried ??= (RoomSender.NewTransaction(), shown);
                sent.Add((await rooms.SendAsync(question.RoomId, MessageContent.Answer(question, shown), stop, !isWhole, tried.Value.Transaction), tried.Value.Shown));
                tried = null;
            }
            if (sent[index].Shown != shown)
            {
                await rooms.SendAsync(question.RoomId, MessageContent.Edit(question, sent[index].EventId, shown), stop, !isWhole);
                sent[index] = (sent[index].EventId, shown);
            }
        }
    }

    private async Task<bool> WaitedAsync(TimeSpan pause, CancellationToken done)
    {
        try
        {
            await Task.Delay(pause, time, done);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
