using Hale.Operator.Diagnose;
using Hale.Store.Closure;
using Spectre.Console;
using Progress = Hale.Store.Closure.Progress;

namespace Hale.Operator.Report;

/// <summary>
/// Events on a terminal: lines as in a pipe, and below them what runs at this moment, each with its time and its bytes. Of several
/// hosts each has one line, which stays until all are done.
/// </summary>
public sealed class LiveReporter : IReporter, IAsyncDisposable
{
    private readonly IAnsiConsole console;
    private readonly Detail detail;
    private readonly bool color;
    private readonly Lock gate = new();
    private readonly Dictionary<string, ProgressTask> running = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task view;
    private ProgressContext? context;

    /// <summary>Begins to draw.</summary>
    /// <param name="output">The terminal.</param>
    /// <param name="detail">How much to tell.</param>
    /// <param name="color">Whether lines may be coloured.</param>
    public LiveReporter(TextWriter output, Detail detail, bool color)
    {
        (this.detail, this.color) = (detail, color);
        console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Interactive = InteractionSupport.Yes,
            // Who asks for this view knows; found out from TERM, every line would be left out where that is not set.
            Ansi = AnsiSupport.Yes,
            ColorSystem = color ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        });
        view = console.Progress().AutoClear(true).HideCompleted(true)
            .Columns(new LiveLine())
            .StartAsync(async drawing =>
            {
                lock (gate)
                    context = drawing;
                await over.Task.ConfigureAwait(false);
            });
    }

    /// <inheritdoc/>
    public void Report(OperatorEvent happened)
    {
        lock (gate)
        {
            foreach (var line in EventText.Lines(happened, new Ink(color), detail))
                console.Write(new ControlCode(line + "\n"));
            switch (happened)
            {
                case WorkBegan began:
                    Begin(began.Work, began.Total);
                    break;
                case WorkAdvanced advanced when running.TryGetValue(advanced.Work, out var task):
                    task.MaxValue = Math.Max(1, advanced.Total);
                    task.Value = Math.Min(advanced.Done, task.MaxValue - 0.5); // Only its end completes it.
                    task.Description = advanced.Detail.Length == 0 ? advanced.Work : $"{advanced.Work}: {advanced.Detail}";
                    break;
                case WorkEnded ended:
                    End(ended.Work);
                    break;
                case WorkStopped stopped:
                    End(stopped.Work);
                    break;
                case FromMachine { Host: var host, Event: StepEvent { Subject: "" } step }:
                    Toggle($"{host}: {EventText.Name(step)}", step.State);
                    break;
                case FromMachine { Host: var host, Event: CheckEvent check }:
                    Toggle($"{host}: waiting until {check.Name}", check.State);
                    break;
                case OfHost of when HostText.Doing(of.Event) is { } doing:
                    Begin(of.Host, 0);
                    if (running.TryGetValue(of.Host, out var line))
                        line.Description = $"{of.Host}: {doing}";
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>Takes the view away; the lines stay.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
            foreach (var work in running.Keys.ToList())
                End(work);
        over.TrySetResult();
        await view.ConfigureAwait(false);
    }

    private void Toggle(string work, Progress state)
    {
        if (state == Progress.Started)
            Begin(work, 0);
        else
            End(work);
    }

    private void Begin(string work, long total)
    {
        if (context is not null && !running.ContainsKey(work))
            running[work] = context.AddTask(work, autoStart: true, maxValue: Math.Max(1, total));
    }

    private void End(string work)
    {
        if (running.Remove(work, out var task))
            task.Value = task.MaxValue;
    }
}
