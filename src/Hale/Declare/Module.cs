using System.Runtime.CompilerServices;
using Hale.Contribute;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Declare;

/// <summary>
/// One thing a host runs: a sealed record whose documented properties are its settings. A setting is written
/// <c>public Port Listen { get; init =&gt; Assign(ref field, value); } = 9090;</c>: the initialiser bypasses the accessor,
/// so that Hale knows what a person set, and ranks work with plain types.
/// </summary>
public abstract record Module
{
    private readonly Dictionary<string, object?> assigned = new(StringComparer.Ordinal);

    /// <summary>A module with nothing set.</summary>
    protected Module()
    {
    }

    /// <summary>The copy that <c>with</c> starts from; it remembers what was set on the original.</summary>
    protected Module(Module original)
    {
        Name = original.Name;
        assigned = new(original.assigned, StringComparer.Ordinal);
    }

    /// <summary>Tells two instances of one module on a host apart; empty for the only one.</summary>
    public string Name { get; init; } = "";

    /// <summary>The settings that were set, by name.</summary>
    internal IReadOnlyDictionary<string, object?> Assigned => assigned;

    /// <summary>What people call it in messages: <c>Caddy</c>, or <c>Caddy "inner"</c>.</summary>
    internal string Label => Name.Length == 0 ? GetType().Name : $"{GetType().Name} \"{Name}\"";

    /// <summary>What it asks of other modules, or offers them. It may read settings of any module, but no contributions.</summary>
    public virtual IEnumerable<Contribution> Contribute(HostView host) => [];

    /// <summary>What is wrong with its settings or with what was contributed; all of it.</summary>
    public virtual IEnumerable<Problem> Check(GatheredView host) => [];

    /// <summary>The units, files, users and packages it comes to.</summary>
    public virtual IEnumerable<Artifact> Realise(GatheredView host) => [];

    /// <summary>What differs on a test machine, as settings at the rank <see cref="Rank.Lab"/>; never applied anywhere else.</summary>
    public virtual IEnumerable<Module> InLab() => [];

    /// <summary>Assigns a setting and remembers that it was set.</summary>
    protected void Assign<T>(ref T field, T value, [CallerMemberName] string setting = "")
    {
        field = value;
        assigned[setting] = value;
    }

    /// <summary>Compares what people set; the subtype's settings are compared by its own generated part.</summary>
    public virtual bool Equals(Module? other) =>
        other is not null && EqualityContract == other.EqualityContract && Name == other.Name;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EqualityContract, Name);

    internal Module Copy() => this with { };
}
