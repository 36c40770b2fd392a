using Hale.Contribute;

namespace Hale.Evaluate;

/// <summary>The third stage: every module's and every contribution's own checks, and those that concern several of them.</summary>
internal static class HostChecks
{
    public static IReadOnlyList<Problem> Check(GatheredView host)
    {
        var problems = new List<Problem>();
        foreach (var (module, where) in host.Settled)
            foreach (var problem in Evaluator.Guard(() => module.Check(host), module.Label, host.Host.Name, where, problems))
                problems.Add(problem with { Where = problem.Where ?? where, Host = host.Host.Name });
        foreach (var one in host.Everything)
            foreach (var problem in Evaluator.Guard(() => one.Value.Check(host), one.From, host.Host.Name, one.Where, problems))
                problems.Add(problem with { Where = problem.Where ?? one.Where, Host = host.Host.Name });
        return problems;
    }
}
