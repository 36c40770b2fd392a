using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Companion.Claude;
using Companion.Conversation;
using Companion.Matrix;
using Companion.Settings;
using Companion.Spending;
using Microsoft.Extensions.Logging;

namespace Companion.Hosting;

/// <summary>What the assistant does about what happens in its rooms.</summary>
internal sealed class Bot(
    CompanionSettings settings, MatrixClient client, RoomSender rooms, Answering answering, ConversationStore conversations, Ledger ledger,
    TimeProvider time, ILogger log) : IDisposable
{
    private readonly ConversationQueue queue = new(sideBySide: 4, most: 40);
    private readonly TypingNotice typing = new(client, settings.Matrix.UserId, time);
    private readonly Pace pace = new(time);
    private readonly CancellationTokenSource giveUp = new();
    private readonly List<Task> errands = [];

    /// <summary>Takes up an invitation or declines it.</summary>
    public void Invited(Invitation invitation) => Send(async stop =>
    {
        if (invitation.By.FirstOrDefault(by => !settings.Access.MayInvite.Any(pattern => pattern.Matches(by))) is { } stranger)
        {
            log.Declined(stranger, invitation.RoomId);
            await client.LeaveAsync(invitation.RoomId, stop);
            return;
        }
        await client.JoinAsync(invitation.RoomId, stop);
        log.Joined(invitation.RoomId, invitation.By[0]);
    }, "an invitation");

    /// <summary>Answers, where it is a question to the assistant from somebody who may ask.</summary>
    public void Happened(RoomEvent happened)
    {
        if (happened.Redacts is { } removed)
            conversations.Forget(removed);
        var question = Mention.Question(happened, settings.Matrix.UserId);
        if (question is null && !Mention.IsAttachment(happened, settings.Matrix.UserId))
            return;
        if (!settings.Access.MayTalk.Any(pattern => pattern.Matches(happened.Sender)))
        {
            log.NotAllowed(happened.Sender);
            return;
        }
        if (!conversations.TakeUp(happened.EventId))
            return;
        if (pace.Judge(happened.RoomId, happened.ThreadRoot, happened.Sender) is not Pace.Verdict.Fits and var verdict)
        {
            log.TooFast(happened.Sender, happened.RoomId);
            if (verdict == Pace.Verdict.FirstTooMany)
                Tell(happened, Apology.TooFast);
            return;
        }
        if (question is null)
        {
            Tell(happened, Apology.Attachment);
            return;
        }
        var at = time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        var asked = new Asked(new ConversationKey(happened.RoomId, happened.ThreadRoot), happened.EventId, happened.Sender);
        conversations.Begin(asked);
        if (queue.TryAdd(asked.Key, () => typing.DuringAsync(happened.RoomId, () => AnswerAsync(asked, happened, $"[{at} UTC] {happened.Sender}: {question}"))))
            return;
        conversations.End(asked);
        Tell(happened, Apology.Busy);
    }

    /// <summary>Tells of the answers that were on their way when the service ended last, without having had the time to say so.</summary>
    public void TellOfLeftBehind()
    {
        foreach (var left in conversations.TakeLeftBehind())
            Tell(new RoomEvent(left.Key.RoomId, left.EventId, left.Sender, "m.room.message", default)
            {
                Relation = JsonSerializer.SerializeToElement(new JsonObject { ["rel_type"] = "m.thread", ["event_id"] = left.Key.ThreadRoot }),
            }, Apology.Stopped);
    }

    /// <summary>Waits for the answers under way; those that take longer than <paramref name="grace"/> become an apology.</summary>
    public async Task StopAsync(TimeSpan grace)
    {
        Task[] all;
        lock (errands)
            all = [.. errands, queue.Idle];
        var done = Task.WhenAll(all);
        await Task.WhenAny(done, Task.Delay(grace, time));
        await giveUp.CancelAsync();
        await Task.WhenAny(done, Task.Delay(TimeSpan.FromSeconds(10), time));
    }

    public void Dispose()
    {
        queue.Dispose();
        giveUp.Dispose();
    }

    private async Task AnswerAsync(Asked asked, RoomEvent happened, string question)
    {
        var answer = new StreamedAnswer(rooms, happened, time, log);
        using var written = new CancellationTokenSource();
        var showing = answer.ShowAsync(written.Token, giveUp.Token);
        string? text = null;
        var apology = Apology.Empty;
        try
        {
            (text, var isRefused) = await answering.AnswerAsync(conversations.Load(asked.Key), question, answer.Grow, giveUp.Token);
            // A question that was refused would have every later one of its conversation refused.
            if (text.Length > 0 && !isRefused)
                conversations.Append(asked, new Turn(question, text));
        }
        catch (Exception error)
        {
            text = null;
            apology = giveUp.IsCancellationRequested ? Apology.Stopping : Apology.For(error);
            log.NotAnswered(happened.Sender, happened.RoomId, error.GetBaseException().GetType().Name, error.Message);
        }
        await written.CancelAsync();
        // The last word must still get out when everything else has been given up.
        using var limit = new CancellationTokenSource(giveUp.IsCancellationRequested ? TimeSpan.FromSeconds(8) : TimeSpan.FromMinutes(5));
        try
        {
            await showing;
            await (text is { Length: > 0 } ? answer.FinishAsync(text, limit.Token) : answer.ApologiseAsync(apology, limit.Token));
            conversations.End(asked);
            var spent = ledger.SpentThisMonth;
            if (text is not null)
                log.Answered(happened.Sender, happened.RoomId, spent);
        }
        catch (Exception error)
        {
            log.MatrixFailed("an answer", error.Message);
        }
    }

    private void Tell(RoomEvent happened, string text) =>
        Send(stop => rooms.SendAsync(happened.RoomId, MessageContent.Answer(happened, text, isNotice: true), stop), "an answer");

    private void Send(Func<CancellationToken, Task> errand, string what)
    {
        lock (errands)
        {
            errands.RemoveAll(task => task.IsCompleted);
            errands.Add(RunAsync());
        }

        async Task RunAsync()
        {
            try
            {
                await errand(giveUp.Token);
            }
            catch (Exception error)
            {
                log.MatrixFailed(what, error.Message);
            }
        }
    }
}
