using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Steps;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// Puts the secrets of what runs into memory: at boot before anything wants them, and where a repair found them changed. What cannot be
/// opened while nothing is staged keeps back nothing else; later it leaves all as it is.
/// </summary>
internal static class Restaging
{
    internal static ResultEvent Run(ActivationContext context)
    {
        if (SystemClosure.Current(context.Files)?.Manifest is not { } manifest || !StagedNames.Any(manifest))
            return context.Result(Outcome.Nothing);
        using var secrets = SecretStaging.Open(context, manifest, TodaysSecrets.Folder(context.Files) ?? manifest.Sealed);
        var (first, errors) = (secrets.IsFirst, secrets.Errors.ToList());
        if (errors.Count > 0 && !first)
            return context.Result(Outcome.Failed, errors);
        secrets.BeforeUsers();
        secrets.Write();
        secrets.Switch([manifest]);
        SecretStaging.Prune(context.Files, manifest);
        if (secrets.Touched.Count > 0)
            errors.AddRange(Restart(context, secrets.AddTo(Planner.Plan(manifest, manifest)), manifest));
        return context.Result(errors.Count > 0 ? Outcome.Failed : first || secrets.Touched.Count > 0 ? Outcome.Done : Outcome.Nothing, errors);
    }

    private static List<ActivationError> Restart(ActivationContext context, ActivationPlan plan, SystemManifest manifest)
    {
        var jobs = UnitJobs.Of(plan, manifest, context.Systemd.States(UnitJobs.Asked(null, manifest)));
        return [.. Units.Stop(context, jobs), .. Units.Run(context, reread: false, jobs)];
    }
}
