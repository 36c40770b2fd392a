// What modules see in each stage. Reading forward is not possible: a contribution cannot see contributions.

using Hale.Contribute;
using Hale.Declare;

namespace Hale.Evaluate;

/// <summary>A module with its settings settled, and the line that declared it.</summary>
/// <param name="Module">The module.</param>
/// <param name="Where">The first line that declared it on this host.</param>
public sealed record SettledModule(Module Module, SourceLocation Where)
{
    /// <summary>Where each setting was said that won elsewhere than at <see cref="Where"/>.</summary>
    internal IReadOnlyDictionary<string, SourceLocation> Elsewhere { get; init; } = new Dictionary<string, SourceLocation>();

    /// <summary>The line that a problem of a setting is about; of the module where the name is empty.</summary>
    internal SourceLocation WhereSaid(string setting) => Elsewhere.GetValueOrDefault(setting, Where);
}

/// <summary>A host whose settings are settled: what <see cref="Module.Contribute"/> may read.</summary>
public class HostView
{
    internal HostView(Fleet fleet, Host host, IReadOnlyList<SettledModule> settled) =>
        (Fleet, Host, Settled) = (fleet, host, settled);

    /// <summary>The fleet: domain, organization, time zone, Debian release.</summary>
    public Fleet Fleet { get; }

    /// <summary>The host.</summary>
    public Host Host { get; }

    /// <summary>Its architecture.</summary>
    public Platform Platform => Host.Platform;

    /// <summary>Its modules, settled, in the order of declaration.</summary>
    public IEnumerable<Module> Modules => Settled.Select(settled => settled.Module);

    internal IReadOnlyList<SettledModule> Settled { get; }

    /// <summary>The module of this type (and name), or null where the host runs none.</summary>
    public T? Find<T>(string name = "")
        where T : Module
    {
        foreach (var settled in Settled)
            if (settled.Module is T module && module.Name == name)
                return module;
        return null;
    }
}

/// <summary>A contribution, and who made it where.</summary>
/// <param name="Value">The contribution.</param>
/// <param name="From">What people call its author.</param>
/// <param name="Where">The line that declared its author.</param>
public sealed record Gathered<T>(T Value, string From, SourceLocation Where)
    where T : Contribution;

/// <summary>A host with everything gathered: what checks and renderers may read.</summary>
public sealed class GatheredView : HostView
{
    private readonly IReadOnlyList<Gathered<Contribution>> gathered;
    private readonly IReadOnlyDictionary<string, GatheredView> fleetViews;

    internal GatheredView(HostView host, IReadOnlyList<Gathered<Contribution>> gathered, IReadOnlyDictionary<string, GatheredView> fleetViews)
        : base(host.Fleet, host.Host, host.Settled)
    {
        this.gathered = gathered;
        this.fleetViews = fleetViews;
    }

    internal IReadOnlyList<Gathered<Contribution>> Everything => gathered;

    /// <summary>The contributions of this kind on this host, in the order of declaration.</summary>
    public IEnumerable<T> All<T>()
        where T : Contribution => gathered.Select(one => one.Value).OfType<T>();

    /// <summary>The same, each with who made it and where.</summary>
    public IEnumerable<Gathered<T>> Gathered<T>()
        where T : Contribution
    {
        foreach (var one in gathered)
            if (one.Value is T value)
                yield return new Gathered<T>(value, one.From, one.Where);
    }

    /// <summary>The contributions of this kind on every host of the fleet, with the host, in the order of declaration.</summary>
    public IEnumerable<(Host Host, T Value)> AcrossFleet<T>()
        where T : Contribution
    {
        foreach (var view in fleetViews.Values)
            foreach (var value in view.All<T>())
                yield return (view.Host, value);
    }
}
