using Hale.Activator.Audit;
using Hale.Activator.Data;
using Hale.Activator.Machine;
using Hale.Activator.Verify;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Commands;

/// <summary>The verb <c>verify</c>: an event for each finding, and a result that is no success where one is left.</summary>
internal static class VerifyVerb
{
    internal static async Task<ResultEvent> RunAsync(ActivationContext context, CommandLine asked)
    {
        var depth = asked.Has("--store") ? StoreDepth.Contents : StoreDepth.Metadata;
        if (DataHold.Find(context.Files) is { } waiting)
            context.Report(new WarningEvent(
                $"Units are kept from starting ({string.Join(", ", waiting.Units)}): {waiting.Reason}", "hale status says what ends that."));
        if (!asked.Options.TryGetValue("--repair", out var how))
        {
            if (DeploymentLock.Holder(context.Files) is { } holder)
                context.Report(new WarningEvent($"{holder.Who} {holder.Doing} on this machine: what is found now may be gone when that ends."));
            return context.Result(IsAsDeclared(context, depth) ? Outcome.Nothing : Outcome.Drifted);
        }

        using var held = DeploymentLock.Take(context.Files, ActivatorCommand.Self(context, "verify", asked.By));
        return await Audited.RunAsync(
            context, "verify", asked.By, null, () => Task.FromResult(Repaired(context, asked, how == "keep", depth))).ConfigureAwait(false);
    }

    /// <summary>Tells what differs. Of a system that cannot be read nothing else can be told; sent anew, it can.</summary>
    private static bool IsAsDeclared(ActivationContext context, StoreDepth depth)
    {
        SystemClosure system;
        try
        {
            system = Declared.System(context);
        }
        catch (UserError e) when (Declared.Path(context) is { } path)
        {
            context.Report(new FindingEvent(new Finding
            {
                Kind = FindingKind.StoreChanged,
                Path = path,
                Expected = "a system that can be read",
                Actual = e.Message,
            }));
            return false;
        }

        return Look(context, system, depth).Count == 0;
    }

    private static (ResultEvent, string?) Repaired(ActivationContext context, CommandLine asked, bool keep, StoreDepth depth)
    {
        if (Declared.IsInterrupted(context.Files))
            throw new UserError(
                "An activation was interrupted on this machine.", "Deploy again, or restart the machine: it is finished or taken back, and then verify.");
        var system = Declared.System(context);
        var found = Look(context, system, depth);
        var replaced = asked.Options.GetValueOrDefault("--replaced", "").Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (found.Count == 0 && replaced.Length == 0)
            return (context.Result(Outcome.Nothing), null);
        var errors = new Repair(context, system, new RepairOptions { Keep = keep, Replaced = replaced }).Run(found);
        // Hashed once: the second look sees by metadata what was put right, and contents that were wrong before have been told.
        var left = Verifier.Run(context, system, StoreDepth.Metadata);
        return (
            context.Result(errors.Count > 0 ? Outcome.Failed : left.Count > 0 ? Outcome.Drifted : Outcome.Done, errors),
            found.Count > 0 ? Detail(found, keep) : $"sent anew: {string.Join(", ", replaced.Take(5))}");
    }

    private static IReadOnlyList<Finding> Look(ActivationContext context, SystemClosure system, StoreDepth depth)
    {
        var found = Verifier.Run(context, system, depth);
        foreach (var finding in found)
            context.Report(new FindingEvent(finding));
        return found;
    }

    internal static string Detail(IReadOnlyList<Finding> found, bool kept) =>
        $"put back {found.Count} changes by hand{(kept ? ", kept aside" : "")}: {string.Join(", ", found.Select(f => f.Subject).Distinct().Take(5))}";
}
