using Hale.Declare;
using Hale.Produce;

namespace Hale.Evaluate;

/// <summary>What a fleet comes to.</summary>
/// <param name="Plans">A plan for each host; only where there is no problem at all.</param>
/// <param name="Problems">Everything that is wrong.</param>
public sealed record Evaluation(EquatableArray<HostPlan> Plans, EquatableArray<Problem> Problems);

/// <summary>
/// From the declaration to plans, in four stages: settle (ranks), gather (contributions), check (all problems), realise
/// (artifacts). A pure function; nothing lazy, no fixpoint.
/// </summary>
public static class Evaluator
{
    /// <summary>Evaluates the whole fleet.</summary>
    /// <param name="fleet">The declaration.</param>
    /// <param name="inLab">Whether the modules' lab settings apply, as <c>hale try</c> asks.</param>
    public static Evaluation Evaluate(Fleet fleet, bool inLab = false)
    {
        var problems = new List<Problem>(FleetChecks.Check(fleet));

        var settled = new List<HostView>();
        foreach (var host in fleet.Hosts)
            settled.Add(new HostView(fleet, host.Value, Settle.Modules(fleet, host, inLab, problems)));

        var views = new Dictionary<string, GatheredView>(StringComparer.Ordinal);
        foreach (var (view, declared) in settled.Zip(fleet.Hosts))
            views.TryAdd(view.Host.Name, new GatheredView(view, Gather.Contributions(view, declared.Where, problems), views));

        foreach (var view in views.Values)
            problems.AddRange(HostChecks.Check(view));

        var plans = new List<HostPlan>();
        if (problems.Count == 0)
            foreach (var view in views.Values)
                if (Realise.Plan(view, inLab, problems) is { } plan)
                    plans.Add(plan);
        return new Evaluation(problems.Count == 0 ? plans.ToEquatableArray() : [], problems.Distinct().ToEquatableArray());
    }

    /// <summary>A module's or contribution's own code, whose exception is a problem of its declaration, not a crash of Hale.</summary>
    internal static IReadOnlyList<T> Guard<T>(Func<IEnumerable<T>> results, string author, string host, SourceLocation where, List<Problem> problems)
    {
        var list = new List<T>();
        try
        {
            list.AddRange(results());
        }
        catch (Exception error)
        {
            problems.Add(new Problem(
                $"{author} failed while it was evaluated: {error.GetType().Name}: {error.Message}",
                "This is a mistake in the module's own code, or a value that it did not expect.")
            { Host = host, Where = where });
        }
        return list;
    }
}
