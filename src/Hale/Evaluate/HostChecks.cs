using Hale.Contribute;

namespace Hale.Evaluate;

/// <summary>The third stage: every module's and every contribution's own checks, and those that concern several of them.</summary>
internal static class HostChecks
{
    public static IReadOnlyList<Problem> Check(GatheredView host)
    {
        var problems = new List<Problem>();
        foreach (var settled in host.Settled)
            foreach (var problem in Evaluator.Guard(() => settled.Module.Check(host), settled.Module.Label, host.Host.Name, settled.Where, problems))
                problems.Add(problem with { Where = problem.Where ?? settled.WhereSaid(problem.Setting), Host = host.Host.Name });
        foreach (var one in host.Everything)
            foreach (var problem in Evaluator.Guard(() => one.Value.Check(host), one.From, host.Host.Name, one.Where, problems))
                problems.Add(problem with { Where = problem.Where ?? one.Where, Host = host.Host.Name });
        return problems;
    }
}
