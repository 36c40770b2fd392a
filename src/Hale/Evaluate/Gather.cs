using Hale.Contribute;
using Hale.Declare;

namespace Hale.Evaluate;

/// <summary>The second stage: asks the host and each of its modules for contributions, and each contribution for what it implies.</summary>
internal static class Gather
{
    private const int DeepestImplication = 16;

    public static IReadOnlyList<Gathered<Contribution>> Contributions(HostView host, SourceLocation hostWhere, List<Problem> problems)
    {
        var gathered = new List<Gathered<Contribution>>();
        foreach (var (contribution, where) in host.Host.Contributions)
            Add(contribution, $"the host {host.Host.Name}", where, 0);
        foreach (var (module, where) in host.Settled)
            foreach (var contribution in Evaluator.Guard(() => module.Contribute(host), module.Label, host.Host.Name, where, problems))
                Add(contribution, module.Label, where, 0);
        return gathered;

        void Add(Contribution contribution, string from, SourceLocation where, int depth)
        {
            if (depth == DeepestImplication)
            {
                problems.Add(new Problem(
                    $"{contribution.GetType().Name} implies contributions without an end.",
                    "Its Implies must come to a stop.")
                { Host = host.Host.Name, Where = where ?? hostWhere });
                return;
            }
            gathered.Add(new Gathered<Contribution>(contribution, from, where));
            foreach (var implied in Evaluator.Guard(() => contribution.Implies(host), from, host.Host.Name, where, problems))
                Add(implied, from, where, depth + 1);
        }
    }
}
