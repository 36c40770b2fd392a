using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>
/// Users and groups by systemd-sysusers, from the new system's own file, before the switch. They are never removed: files of
/// theirs may remain, and a number given anew would hand those to somebody else.
/// </summary>
internal static class Users
{
    internal static void Run(ActivationContext context, ActivationPlan plan, SystemManifest manifest)
    {
        if (plan.Sysusers)
            context.Systemd.MakeUsers(context.Files.At(manifest.Files.Single(f => f.Target == Planner.SysusersFile).Path));
    }
}
