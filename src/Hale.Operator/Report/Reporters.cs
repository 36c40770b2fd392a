using System.CommandLine;

namespace Hale.Operator.Report;

/// <summary>Chooses how a command tells what happens.</summary>
public static class Reporters
{
    /// <summary>
    /// JSON lines where the verb writes them; plain lines on standard error where it writes one document; the live view on a terminal;
    /// plain lines otherwise. To be disposed before the command's result is written.
    /// </summary>
    public static OpenReporter For(VerbContext context, ParseResult parsed)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(parsed);
        var surroundings = context.Surroundings;
        var detail = parsed.GetValue(context.Options.Quiet) ? Detail.Quiet : parsed.GetValue(context.Options.Verbose) ? Detail.All
            : parsed.GetValue(context.Options.Diff) ? Detail.Differences : Detail.Usual;
        if (parsed.GetValue(context.Options.Json))
            return new(parsed.CommandResult.Command is Verb { WritesJsonLines: true }
                ? new JsonReporter(surroundings.Out)
                : new PlainReporter(surroundings.Error, detail, surroundings.Color));
        return surroundings.IsTerminal && detail != Detail.Quiet
            ? new(new LateLiveReporter(surroundings.Out, detail, surroundings.Color))
            : new(new PlainReporter(surroundings.Out, detail, surroundings.Color));
    }
}

/// <summary>A reporter that is closed before the command's result is written.</summary>
/// <param name="inner">Who is told.</param>
public sealed class OpenReporter(IReporter inner) : IReporter, IAsyncDisposable
{
    /// <inheritdoc/>
    public void Report(OperatorEvent happened) => inner.Report(happened);

    /// <summary>Leaves the terminal to a question, until there is something new to tell. Nothing may be running.</summary>
    public ValueTask PauseAsync() => (inner as LateLiveReporter)?.PauseAsync() ?? ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner is IAsyncDisposable open ? open.DisposeAsync() : ValueTask.CompletedTask;
}

/// <summary>
/// The live view, from the first piece of work that takes a while: a command that has nothing to do must not wait for the library
/// that draws.
/// </summary>
internal sealed class LateLiveReporter(TextWriter output, Detail detail, bool color) : IReporter, IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(150);

    private readonly Lock gate = new();
    private readonly PlainReporter plain = new(output, detail, color);
    private readonly List<OperatorEvent> running = [];
    private readonly long start = TimeProvider.System.GetTimestamp();
    private LiveReporter? live;

    public void Report(OperatorEvent happened)
    {
        lock (gate)
        {
            if (live is null && running.Count > 0 && TimeProvider.System.GetElapsedTime(start) > Patience)
            {
                live = new LiveReporter(output, detail, color);
                foreach (var began in running)
                    live.Report(began);
            }
            var (host, inner) = happened is OfHost of ? (of.Host, of.Event) : ("", happened);
            if (inner is WorkBegan)
                running.Add(happened);
            else if (((inner as WorkEnded)?.Work ?? (inner as WorkStopped)?.Work) is { } over)
                running.RemoveAll(one => one is OfHost known ? known.Host == host && known.Event is WorkBegan { Work: var its } && its == over
                    : one is WorkBegan began && began.Work == over);
        }
        (live as IReporter ?? plain).Report(happened);
    }

    public async ValueTask PauseAsync()
    {
        LiveReporter? shown;
        lock (gate)
            (shown, live) = (live, null);
        if (shown is not null)
            await shown.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => live?.DisposeAsync() ?? ValueTask.CompletedTask;
}
