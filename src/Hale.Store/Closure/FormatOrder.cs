using Hale.Store.Debian;

namespace Hale.Store.Closure;

/// <summary>The order of formats of data: that of versions (Debian policy, 5.6.12), so that 9 comes before 10 and 1.0~rc1 before 1.0.</summary>
public static class FormatOrder
{
    /// <summary>Compares two formats.</summary>
    /// <param name="one">A format.</param>
    /// <param name="other">Another.</param>
    /// <returns>Less than, equal to or greater than 0, as one is older than, the same as or newer than the other; null where they have no order.</returns>
    public static int? Compare(string one, string other) =>
        one == other ? 0
        : DebianVersion.TryParse(one, out var left) && DebianVersion.TryParse(other, out var right) ? left.CompareTo(right)
        : null;
}
