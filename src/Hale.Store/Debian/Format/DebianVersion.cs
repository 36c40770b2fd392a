using System.Diagnostics.CodeAnalysis;

namespace Hale.Store.Debian;

/// <summary>
/// A version as dpkg orders it (deb-version(7)): <c>[epoch:]upstream[-revision]</c>. Two texts may name one version
/// (<c>1.0</c>, <c>0:1.00-0</c>); equality and hash follow the order, <see cref="Text"/> keeps what was written.
/// </summary>
internal readonly struct DebianVersion : IComparable<DebianVersion>, IEquatable<DebianVersion>
{
    private readonly int upstream;
    private readonly int revision;

    private DebianVersion(string text, int epoch, int upstream, int revision)
    {
        Text = text;
        Epoch = epoch;
        this.upstream = upstream;
        this.revision = revision;
    }

    /// <summary>The version as written.</summary>
    public string Text { get; }

    /// <summary>The epoch, 0 where none is written.</summary>
    public int Epoch { get; }

    private ReadOnlySpan<char> Upstream => Text.AsSpan(upstream, (revision < 0 ? Text.Length : revision - 1) - upstream);

    private ReadOnlySpan<char> Revision => revision < 0 ? [] : Text.AsSpan(revision);

    /// <summary>Reads a version.</summary>
    /// <exception cref="FormatException">The text is no version; the message says why not.</exception>
    public static DebianVersion Parse(string text) =>
        TryParse(text, out var version) ? version : throw new FormatException($"`{text}` is not a Debian version");

    /// <summary>Reads a version; false where the text breaks the rules of deb-version(7).</summary>
    public static bool TryParse(string text, out DebianVersion version)
    {
        version = default;
        var epoch = 0;
        var start = 0;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon >= 0)
        {
            if (!int.TryParse(text.AsSpan(0, colon), System.Globalization.NumberStyles.None, null, out epoch)) return false;
            start = colon + 1;
        }

        var hyphen = text.LastIndexOf('-');
        var revision = hyphen < start ? -1 : hyphen + 1;
        var upstreamEnd = revision < 0 ? text.Length : hyphen;
        if (upstreamEnd == start || revision == text.Length) return false;
        if (!All(text.AsSpan(start, upstreamEnd - start), colon >= 0 ? "-:" : "-")) return false;
        if (revision >= 0 && !All(text.AsSpan(revision), "")) return false;
        version = new DebianVersion(text, epoch, start, revision);
        return true;
    }

    /// <inheritdoc/>
    public int CompareTo(DebianVersion other)
    {
        if (Epoch != other.Epoch) return Epoch.CompareTo(other.Epoch);
        var order = Compare(Upstream, other.Upstream);
        return order != 0 ? order : Compare(Revision, other.Revision);
    }

    /// <inheritdoc/>
    public bool Equals(DebianVersion other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is DebianVersion other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Epoch);
        AddTo(ref hash, Upstream);
        AddTo(ref hash, Revision);
        return hash.ToHashCode();
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    private static bool All(ReadOnlySpan<char> part, string also)
    {
        foreach (var c in part)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '+' or '~') && !also.Contains(c, StringComparison.Ordinal)) return false;
        }

        return true;
    }

    // Both sides are read as pairs (non-digits, number), until one differs. A missing part is empty, a missing number is 0.
    private static int Compare(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        while (a.Length > 0 || b.Length > 0)
        {
            var order = CompareText(TakeText(ref a), TakeText(ref b));
            if (order == 0) order = CompareNumber(TakeNumber(ref a), TakeNumber(ref b));
            if (order != 0) return order;
        }

        return 0;
    }

    private static int CompareText(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        for (var i = 0; i < Math.Max(a.Length, b.Length); i++)
        {
            var order = Weight(a, i).CompareTo(Weight(b, i));
            if (order != 0) return order;
        }

        return 0;
    }

    // `~` sorts before the end, the end before letters, letters before everything else.
    private static int Weight(ReadOnlySpan<char> text, int at) =>
        at >= text.Length ? 0 : text[at] == '~' ? -1 : char.IsAsciiLetter(text[at]) ? text[at] : text[at] + 256;

    private static int CompareNumber(ReadOnlySpan<char> a, ReadOnlySpan<char> b) =>
        a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);

    private static ReadOnlySpan<char> TakeText(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAnyInRange('0', '9');
        return Take(ref rest, end < 0 ? rest.Length : end);
    }

    private static ReadOnlySpan<char> TakeNumber(ref ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOfAnyExceptInRange('0', '9');
        return Take(ref rest, end < 0 ? rest.Length : end).TrimStart('0');
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> rest, int length)
    {
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static void AddTo(ref HashCode hash, ReadOnlySpan<char> part)
    {
        // Pairs that compare as nothing at the very end (`1.` has none, `1` and `1-0` do) must not count.
        while (part.Length > 0)
        {
            foreach (var c in TakeText(ref part)) hash.Add(c);
            foreach (var c in TakeNumber(ref part)) hash.Add(c);
        }
    }
}
