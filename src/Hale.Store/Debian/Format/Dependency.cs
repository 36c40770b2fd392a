using System.Text;

namespace Hale.Store.Debian;

/// <summary>How a version must compare to the one written (Debian policy 7.1).</summary>
internal enum Relation
{
    /// <summary><c>&lt;&lt;</c>: strictly earlier.</summary>
    Earlier,

    /// <summary><c>&lt;=</c>: earlier or the same.</summary>
    AtMost,

    /// <summary><c>=</c>: exactly.</summary>
    Exactly,

    /// <summary><c>&gt;=</c>: later or the same.</summary>
    AtLeast,

    /// <summary><c>&gt;&gt;</c>: strictly later.</summary>
    Later,
}

/// <summary>A bound on a version: <c>(&gt;= 2.34)</c>.</summary>
internal readonly record struct VersionBound(Relation Relation, DebianVersion Version)
{
    /// <summary>Whether a version keeps the bound.</summary>
    public bool Allows(DebianVersion version)
    {
        var order = version.CompareTo(Version);
        return Relation switch
        {
            Relation.Earlier => order < 0,
            Relation.AtMost => order <= 0,
            Relation.Exactly => order == 0,
            Relation.AtLeast => order >= 0,
            _ => order > 0,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => $"({Relation switch
    {
        Relation.Earlier => "<<",
        Relation.AtMost => "<=",
        Relation.Exactly => "=",
        Relation.AtLeast => ">=",
        _ => ">>",
    }} {Version})";
}

/// <summary>One name of a relation: <c>python3:any (&gt;= 3.13)</c>. <see cref="Qualifier"/> is what follows the colon, or null.</summary>
internal sealed record PackageBound(string Name, string? Qualifier, VersionBound? Bound)
{
    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder(Name);
        if (Qualifier is not null) text.Append(':').Append(Qualifier);
        if (Bound is { } bound) text.Append(' ').Append(bound);
        return text.ToString();
    }
}

/// <summary>One demand of a package: any one of the alternatives, the preferred first (<c>a | b (= 1)</c>).</summary>
internal sealed record Dependency(IReadOnlyList<PackageBound> Alternatives)
{
    /// <inheritdoc/>
    public override string ToString() => string.Join(" | ", Alternatives);

    /// <summary>
    /// Reads the value of a relation field of a binary package (Depends, Provides, Breaks, …; policy 7.1). An alternative that
    /// names architectures (<c>[amd64 !i386]</c>) counts only where they include the one asked for.
    /// </summary>
    /// <exception cref="FormatException">The value is malformed; the message shows the part.</exception>
    public static IReadOnlyList<Dependency> ParseList(string field, string architecture)
    {
        var list = new List<Dependency>();
        foreach (var part in field.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var alternatives = new List<PackageBound>(1);
            foreach (var text in part.Split('|', StringSplitOptions.TrimEntries))
            {
                if (ParseOne(text, architecture) is { } alternative) alternatives.Add(alternative);
            }

            if (alternatives.Count > 0) list.Add(new Dependency(alternatives));
        }

        return list;
    }

    private static PackageBound? ParseOne(string text, string architecture)
    {
        var rest = text.AsSpan();
        var name = Take(ref rest, static c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.');
        if (name.Length == 0) throw Malformed(text, "it names no package");
        string? qualifier = null;
        if (rest is [':', ..])
        {
            rest = rest[1..];
            qualifier = Take(ref rest, static c => char.IsAsciiLetterOrDigit(c) || c is '-').ToString();
            if (qualifier.Length == 0) throw Malformed(text, "no architecture follows the colon");
        }

        var bound = default(VersionBound?);
        rest = rest.TrimStart();
        if (rest is ['(', ..]) bound = ParseBound(text, Bracketed(text, ref rest, ')'));
        var applies = true;
        if (rest is ['[', ..]) applies = Includes(Bracketed(text, ref rest, ']').ToString(), architecture);
        if (rest.Length > 0) throw Malformed(text, $"`{rest}` is left over");
        return applies ? new PackageBound(name.ToString(), qualifier, bound) : null;
    }

    private static VersionBound ParseBound(string text, ReadOnlySpan<char> inner)
    {
        var sign = Take(ref inner, static c => c is '<' or '>' or '=');
        Relation? relation = sign switch
        {
            "<<" => Relation.Earlier,
            "<=" or "<" => Relation.AtMost,
            "=" => Relation.Exactly,
            ">=" or ">" => Relation.AtLeast,
            ">>" => Relation.Later,
            _ => null,
        };
        if (relation is null) throw Malformed(text, $"`{sign}` is not one of << <= = >= >>");
        if (!DebianVersion.TryParse(inner.Trim().ToString(), out var version)) throw Malformed(text, $"`{inner.Trim()}` is not a version");
        return new VersionBound(relation.Value, version);
    }

    private static bool Includes(string list, string architecture)
    {
        var names = list.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return names.Any(name => name.StartsWith('!'))
            ? !names.Contains("!" + architecture)
            : names.Any(name => name == architecture || name is "any" or "linux-any");
    }

    private static ReadOnlySpan<char> Bracketed(string text, ref ReadOnlySpan<char> rest, char close)
    {
        var end = rest.IndexOf(close);
        if (end < 0) throw Malformed(text, $"`{close}` is missing");
        var inner = rest[1..end].Trim();
        rest = rest[(end + 1)..].TrimStart();
        return inner;
    }

    private static ReadOnlySpan<char> Take(ref ReadOnlySpan<char> rest, Func<char, bool> belongs)
    {
        var length = 0;
        while (length < rest.Length && belongs(rest[length])) length++;
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }

    private static FormatException Malformed(string text, string why) => new($"`{text}` is not a relation to a package: {why}");
}
