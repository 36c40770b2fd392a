namespace Hale.Declare;

/// <summary>
/// How strongly a setting was said; a higher rank wins. What an initialiser gives has no rank at all:
/// it holds only where nobody said anything.
/// </summary>
public enum Rank
{
    /// <summary>A wish, as from a fleet-wide default: anything said on the host itself wins.</summary>
    Prefer,

    /// <summary>Said in the host's own <see cref="Host.Modules"/>.</summary>
    Own,

    /// <summary>A policy: wins over what hosts say.</summary>
    Force,

    /// <summary>What differs on a test machine; applied by the lab alone.</summary>
    Lab,
}
