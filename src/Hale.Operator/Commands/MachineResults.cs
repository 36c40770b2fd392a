using System.CommandLine;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary>Tells how a command about a machine ended.</summary>
/// <param name="context">What the verb is made with.</param>
/// <param name="parsed">The arguments.</param>
public sealed class MachineResults(VerbContext context, ParseResult parsed)
{
    private readonly Surroundings surroundings = context.Surroundings;
    private readonly bool json = parsed.GetValue(context.Options.Json);
    private readonly Ink ink = new(context.Surroundings.Color);

    /// <summary>One line of what was reached, and all that went wrong. As JSON, the machine's own result has been told already.</summary>
    /// <param name="result">How it ended.</param>
    /// <param name="dryRun">Whether it only planned; the plan has been told.</param>
    public void Tell(DeploymentResult result, bool dryRun = false)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (json)
            return;
        var generation = result.Generation is { } number ? $"generation {number}" : "no generation";
        var line = result.Outcome switch
        {
            Outcome.Done when dryRun => null,
            Outcome.Nothing when dryRun => null,
            Outcome.Done => ink.Green($"{result.Host}: {generation} is running"),
            Outcome.Nothing when result.Errors.Count > 0 => ink.Red($"{result.Host}: nothing would change, but not all of it runs"),
            Outcome.Nothing => $"{result.Host}: nothing to do",
            Outcome.NeedsReboot => ink.Yellow($"{result.Host}: {generation} is running until the next boot, which brings what was deployed"),
            Outcome.Refused => ink.Red($"{result.Host}: refused, nothing was touched"),
            Outcome.Drifted => ink.Yellow($"{result.Host}: it was changed by hand, and was left so"),
            Outcome.RolledBack => ink.Red($"{result.Host}: failed, and is back in {generation}"),
            Outcome.RollbackFailed => ink.Red($"{result.Host}: failed, and so did going back; it is in {generation}"),
            _ => ink.Red($"{result.Host}: failed; it is in {generation}"),
        };
        foreach (var error in result.Errors)
            Tell(error);
        if (line is not null && !(parsed.GetValue(context.Options.Quiet) && result.Errors.Count == 0))
            (result.ExitCode == 0 ? surroundings.Out : surroundings.Error).WriteLine(line);
    }

    /// <summary>How each host ended, and of several how many of them ended how.</summary>
    internal void Tell(IReadOnlyList<HostEnd> ends, bool dryRun)
    {
        foreach (var end in ends)
            if (end.Result is { } result)
                Tell(result, dryRun);
            else
                Tell(end.Host, end.Error!);
        var bad = ends.Where(end => end.ExitCode != 0).ToList();
        if (json || ends.Count < 2 || (dryRun && bad.Count == 0) || (parsed.GetValue(context.Options.Quiet) && bad.Count == 0))
            return;
        var line = $"{ends.Count} hosts: {ends.Count - bad.Count} {(dryRun ? "planned" : "as declared")}"
            + (bad.Count == 0 ? "" : $"; not {string.Join(", ", bad.Select(end => $"{end.Host} ({end.ExitCode})"))}");
        (bad.Count == 0 ? surroundings.Out : surroundings.Error).WriteLine(bad.Count == 0 ? ink.Green(line) : ink.Red(line));
    }

    /// <summary>All that went wrong, or one line of what was done, for a verb that brings no generation.</summary>
    /// <param name="host">The host's name.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="line">What was done where it ended well; null where that has been told.</param>
    public void Tell(string host, ResultEvent result, string? line)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (json)
            return;
        foreach (var error in result.Errors)
            Tell(error);
        if (result.Outcome.ExitCode() != 0)
            surroundings.Error.WriteLine(ink.Red($"{host}: {(result.Outcome == Outcome.Refused ? "refused, nothing was touched" : "failed")}"));
        else if (line is not null && !parsed.GetValue(context.Options.Quiet))
            surroundings.Out.WriteLine(ink.Green($"{host}: {line}"));
    }

    /// <summary>A failure before the machine could say anything itself.</summary>
    public void Tell(string host, UserError error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (json)
            surroundings.Out.WriteLine(Ending.Line(host, error.ExitCode, [new(error.Message, error.Hint.Length == 0 ? null : error.Hint)]));
        else
            Tell(new ActivationError($"{host}: {error.Message}", error.Hint));
    }

    private void Tell(ActivationError error)
    {
        surroundings.Error.WriteLine($"{ink.Red("error:")} {error.Message}");
        foreach (var line in error.Log ?? [])
            surroundings.Error.WriteLine($"  {ink.Faint("|")} {line}");
        if (error.Hint is { Length: > 0 } hint)
            surroundings.Error.WriteLine($"  {ink.Cyan("hint:")} {hint.ReplaceLineEndings("\n        ")}");
    }
}
