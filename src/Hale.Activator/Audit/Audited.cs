using Hale.Activator.Recovery;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Audit;

/// <summary>Does something to the machine and puts down in the audit log what came of it. The caller holds the deployment lock.</summary>
internal static class Audited
{
    /// <param name="context">The machine.</param>
    /// <param name="verb">The activator's verb.</param>
    /// <param name="who">Who asked.</param>
    /// <param name="revision">The git revision that is to run; null where none is told.</param>
    /// <param name="work">Does it; beside its result it may tell a detail for the log.</param>
    internal static async Task<ResultEvent> RunAsync(
        ActivationContext context, string verb, string who, string? revision, Func<Task<(ResultEvent Result, string? Detail)>> work)
    {
        var (from, interrupted) = Before(context);
        var entry = new HistoryEntry
        {
            When = context.Clock.GetUtcNow(),
            Verb = verb,
            Who = who,
            Revision = revision,
            From = from,
            Outcome = Outcome.Failed,
        };
        var start = context.Clock.GetTimestamp();
        try
        {
            var (result, detail) = await work().ConfigureAwait(false);
            Put(entry with
            {
                To = result.Generation,
                Outcome = result.Outcome,
                Revision = revision ?? (verb is "activate" or "rollback" ? context.Generations.Current()?.Revision : null),
                Errors = [.. result.Errors.Select(error => error.Message)],
                Detail = detail ?? (interrupted is { } cut && verb != "recover" ? $"first dealt with the interrupted activation of generation {cut}" : null),
            });
            return result;
        }
        catch (Exception e)
        {
            Put(entry with { To = Before(context).Generation, Outcome = e is UserError { ExitCode: 1 } ? Outcome.Refused : Outcome.Failed, Errors = [e.Message] });
            throw;
        }

        void Put(HistoryEntry ended)
        {
            // What had nothing to do and did nothing is no history.
            if (ended.Outcome == Outcome.Nothing && ended.From == ended.To && ended.Errors.Count == 0 && ended.Detail is null)
                return;
            try
            {
                History.Append(context.Files, ended with { Seconds = Math.Round(context.Clock.GetElapsedTime(start).TotalSeconds, 3) });
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                context.Report(new WarningEvent($"{History.Place} could not be written: {e.Message}", "What happened stands; only its record is missing."));
            }
        }
    }

    /// <summary>The generation that the machine is in, and that of an interrupted activation; where a record is damaged, the work itself says so.</summary>
    private static (int? Generation, int? Interrupted) Before(ActivationContext context)
    {
        try
        {
            return (context.Generations.Current()?.Number, ActivationJournal.Read(context.Files)?.Generation.Number);
        }
        catch (UserError)
        {
            return (null, null);
        }
    }
}
