using System.Security.Cryptography;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator.Deploy;

/// <summary>
/// Hands a switch over to the machine and learns the truth about how it ended. The machine does it in a unit of its own, which no
/// lost connection ends; it asks to be reached over a new connection, and goes back by itself where nobody does.
/// </summary>
/// <param name="target">The machine.</param>
/// <param name="host">The host's name, for events.</param>
/// <param name="reporter">Who hears the events.</param>
/// <param name="time">The clock.</param>
internal sealed class Handover(SshTarget target, string host, IReporter reporter, TimeProvider time)
{
    /// <summary>How long a machine that went out of reach is asked what became of it, beyond the time that it waits itself.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>How often in a row a machine must say that it is at nothing: one that has just been asked to switch may not have begun.</summary>
    private const int IdleAnswers = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>Where several hosts switch together or not at all, this one's part; null where it stands alone.</summary>
    public Vote? Vote { get; init; }

    /// <summary>Runs a verb that switches.</summary>
    /// <param name="activator">The activator to run it with, over a connection that is open.</param>
    /// <param name="arguments">The verb and its options.</param>
    /// <param name="window">How long the machine waits to be reached over a new connection; zero where it does not wait.</param>
    /// <param name="cancellation">Ends this computer's part; the machine finishes or goes back by itself.</param>
    /// <returns>All events that arrived, the result last.</returns>
    /// <exception cref="UserError">The machine could not be reached again: exit code 5.</exception>
    public async Task<IReadOnlyList<ActivationEvent>> RunAsync(
        RemoteActivator activator, IReadOnlyList<string> arguments, TimeSpan window, CancellationToken cancellation)
    {
        string[] all = window == TimeSpan.Zero ? [.. arguments, "--token", token] : [.. arguments, "--token", token, "--confirm", $"{(int)window.TotalSeconds}"];
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var confirming = Task.CompletedTask;
        IReadOnlyList<ActivationEvent> events;
        UserError? lost = null;
        try
        {
            events = await activator.RunUnitAsync($"hale-{arguments[0]}-{token}", all, reporter, happened =>
            {
                if (happened is AwaitingEvent)
                    confirming = ConfirmAsync(activator, window, ended.Token);
            }, cancellation).ConfigureAwait(false);
        }
        catch (UserError error)
        {
            (events, lost) = ([], error);
        }
        catch (OperationCanceledException)
        {
            reporter.Report(new Warned(
                $"{host} was being switched, and goes on by itself: "
                    + (window == TimeSpan.Zero || arguments.Contains("--no-rollback") ? "it needs nobody for that."
                        : $"where it was not confirmed yet, it goes back, {window.TotalSeconds:0} s after it is healthy."),
                $"What it came to: hale status {host}; hale history {host}"));
            throw;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await confirming.ConfigureAwait(false);
        }
        if (events.OfType<ResultEvent>().Any())
            return events;
        // Nobody confirms it any more: the others need not wait until it is known what it came to.
        Vote?.No();
        return [.. events, await AskAsync(activator, lost, window, cancellation).ConfigureAwait(false)];
    }

    /// <summary>Confirms over a connection that did not exist before the switch; tries until the machine has ended its wait.</summary>
    private async Task ConfirmAsync(RemoteActivator activator, TimeSpan window, CancellationToken ended)
    {
        if (Vote is null)
        {
            await AnswerAsync(activator, window, [], ended).ConfigureAwait(false);
            return;
        }
        if (!await AnswerAsync(activator, window, ["--hold"], ended).ConfigureAwait(false))
            return;
        Vote.Yes();
        // Until the verdict the machine is held in its wait, so that it still goes back by itself where this computer is lost.
        while (await Task.WhenAny(Vote.Verdict, Task.Delay(window / 3, time, ended)).ConfigureAwait(false) != Vote.Verdict && !ended.IsCancellationRequested)
            await AnswerAsync(activator, window, ["--hold"], ended).ConfigureAwait(false);
        if (!ended.IsCancellationRequested)
            await AnswerAsync(activator, window, await Vote.Verdict.ConfigureAwait(false) ? [] : ["--decline"], ended).ConfigureAwait(false);
    }

    /// <returns>Whether the machine heard it.</returns>
    private async Task<bool> AnswerAsync(RemoteActivator activator, TimeSpan window, string[] answer, CancellationToken ended)
    {
        var begin = time.GetTimestamp();
        while (!ended.IsCancellationRequested && time.GetElapsedTime(begin) < window)
            try
            {
                var fresh = new SshConnection(target);
                await using (fresh.ConfigureAwait(false))
                    await activator.Over(fresh).RunAsync(["confirm", "--token", token, .. answer], null, SilentReporter.Instance, ended).ConfigureAwait(false);
                return true;
            }
            catch (UserError error)
            {
                reporter.Report(new Warned($"{host} cannot be reached over a new connection: {error.Message}", $"It goes back by itself {window.TotalSeconds:0} s after it began to wait."));
                await Task.Delay(Pause, time, ended).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        return false;
    }

    /// <summary>What the machine says that it came to, asked anew until it says it.</summary>
    private async Task<ResultEvent> AskAsync(RemoteActivator activator, UserError? lost, TimeSpan window, CancellationToken cancellation)
    {
        if (lost is not null)
            reporter.Report(new Warned($"{lost.Message.TrimEnd('.')}. Asking {host} what became of it."));
        var begin = time.GetTimestamp();
        UserError? last = lost;
        var idle = 0;
        while (time.GetElapsedTime(begin) < window + Patience)
        {
            try
            {
                var fresh = new SshConnection(target);
                await using (fresh.ConfigureAwait(false))
                {
                    var events = await activator.Over(fresh).RunAsync(["outcome", "--token", token], null, SilentReporter.Instance, cancellation).ConfigureAwait(false);
                    if (events.OfType<ResultEvent>().LastOrDefault() is { } result)
                    {
                        reporter.Report(new FromMachine(host, result));
                        return result;
                    }
                    // It works on nothing and knows of nothing: that switch ended before its first step.
                    var atWork = events.OfType<StatusEvent>().Any(status => status.Status.Lock is not null || status.Status.Interrupted);
                    idle = atWork ? 0 : idle + 1;
                    if (idle == IdleAnswers)
                        return new ResultEvent
                        {
                            Outcome = Outcome.Failed,
                            Generation = events.OfType<StatusEvent>().LastOrDefault()?.Status.Current?.Number,
                            Errors = [new($"{host} knows nothing of this switch: it ended before its first step, and the machine is as it was.", "Try again.")],
                        };
                }
            }
            catch (UserError error)
            {
                last = error;
            }
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
        throw new UserError(
            $"{target.Destination} has not said how the deployment ended: {last?.Message ?? "it is still at it"}",
            $"It goes back by itself where it was not confirmed, also after a reboot. When it can be reached: hale status {host}; hale history {host}")
        { ExitCode = 5 };
    }
}
