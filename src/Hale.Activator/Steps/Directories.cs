using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>State folders by systemd-tmpfiles, from the new system's own file, after the users who own them. None is removed.</summary>
internal static class Directories
{
    internal static void Run(ActivationContext context, ActivationPlan plan, SystemManifest manifest)
    {
        if (plan.Tmpfiles)
            context.Systemd.MakeFolders(context.Files.At(manifest.Files.Single(f => f.Target == Planner.TmpfilesFile).Path));
    }
}
