using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>
/// What was changed by hand, before a deployment: told, and put back or refused as the deployment was told. An interrupted activation is
/// recovered first, and leaves nothing to tell apart what it did from what a person did.
/// </summary>
internal static class Drift
{
    /// <summary>What differs, at the cost of a look at what units and files lead to.</summary>
    internal static IReadOnlyList<Finding> Look(ActivationContext context) => Look(context, out _);

    /// <param name="context">The machine.</param>
    /// <param name="system">The system that was looked at; null where there is none, or an interrupted activation.</param>
    private static IReadOnlyList<Finding> Look(ActivationContext context, out SystemClosure? system)
    {
        system = Declared.IsInterrupted(context.Files) ? null : Readable(context);
        if (system is null)
            return [];
        var found = Verifier.Run(context, system, StoreDepth.Named);
        foreach (var finding in found)
            context.Report(new FindingEvent(finding));
        return found;
    }

    /// <summary>Deals with what differs, then activates. Going back is never held up: it may be what mends the machine.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="request">What is activated.</param>
    /// <param name="policy">What to do with what was changed.</param>
    /// <param name="activate">The activation itself, told of the machine's system where nothing of it differs.</param>
    internal static async Task<(ResultEvent Result, string? Detail)> BeforeAsync(
        ActivationContext context, ActivationRequest request, DriftPolicy policy, Func<SystemClosure?, Task<ResultEvent>> activate)
    {
        var (refused, putBack, sound) = request.Earlier is null ? Settle(context, request.System, policy) : default;
        if (refused is not null)
            return (refused, "changed by hand");
        var result = await activate(sound).ConfigureAwait(false);
        if (!putBack)
            return (result, null);
        // Where nothing else was to do, something was done all the same; where not all of it runs, that is told as ever.
        return (result is { Outcome: Outcome.Nothing, Errors.Count: 0 } ? result with { Outcome = Outcome.Done } : result, "put back what was changed by hand");
    }

    /// <returns>The refusal, or null; whether something was put back; the system that the machine is in to the last link, or null.</returns>
    private static (ResultEvent? Refused, bool PutBack, SystemClosure? Sound) Settle(ActivationContext context, string to, DriftPolicy policy)
    {
        var found = Look(context, out var current);
        if (found.Count == 0 || current is null)
            return (null, false, current);
        var refused = found.Where(f => policy == DriftPolicy.Refuse || (policy == DriftPolicy.Careful && f.IsContent)).ToList();
        if (refused.Count > 0)
            return (context.Result(Outcome.Drifted, [.. refused.Select(Refusal)]), false, null);

        var planned = to == current.Path ? null : Planner.Plan(current.Manifest, SystemClosure.Read(context.Files, to).Manifest);
        var repair = new Repair(context, current, new RepairOptions
        {
            Keep = policy == DriftPolicy.Keep,
            Start = planned is null,
            Except = planned?.Units.Where(u => u.Action != UnitAction.None).Select(u => u.Name).ToHashSet(StringComparer.Ordinal) ?? [],
        });
        // What runs from an older file works as it did: it is told, and not interrupted unasked.
        var due = policy == DriftPolicy.Careful ? found.Where(f => f.Kind != FindingKind.UnitRunsOld).ToList() : found;
        if (due.Count == 0)
            return (null, false, null);
        foreach (var error in repair.Run(due))
            context.Report(new WarningEvent(error.Message, error.Hint));
        return (null, true, null);
    }

    private static SystemClosure? Readable(ActivationContext context)
    {
        try
        {
            return SystemClosure.CurrentPath(context.Files) is null ? null : Declared.System(context);
        }
        catch (UserError)
        {
            // The activation itself tells of it.
            return null;
        }
    }

    private static ActivationError Refusal(Finding finding) => new(
        $"{finding.Subject} was changed by hand: expected {finding.Expected}, and there is {finding.Actual}.",
        finding.IsContent
            ? "Take it over into the declaration, or say what is to become of it: --drift keep moves it aside, --drift overwrite discards it."
            : "Say --drift overwrite to put it back.",
        finding.Unit);
}
