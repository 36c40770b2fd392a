using Hale.Evaluate;

namespace Hale.Contribute;

/// <summary>
/// What one module asks of another, or offers it: a small record. Anyone may contribute, whether or not someone consumes.
/// </summary>
public abstract record Contribution
{
    /// <summary>Contributions that this one brings along; they may bring more.</summary>
    public virtual IEnumerable<Contribution> Implies(HostView host) => [];

    /// <summary>What is wrong with it, seen with everything that was contributed.</summary>
    public virtual IEnumerable<Problem> Check(GatheredView host) => [];
}
