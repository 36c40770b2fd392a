using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// Text that may name store paths. Written as a plain or an interpolated string: <c>$"{root}/usr/bin/caddy"</c>. It carries the
/// derivations it names, so that naming one is enough to have it built; their paths are filled in then.
/// </summary>
[InterpolatedStringHandler]
public sealed class Text : IEquatable<Text>
{
    private readonly StringBuilder builder;
    private readonly List<Derivation> uses = [];

    /// <summary>Used by the compiler for an interpolated string.</summary>
    public Text(int literalLength, int formattedCount) => builder = new StringBuilder(literalLength + formattedCount * 16);

    private Text(string value) => builder = new StringBuilder(value);

    /// <summary>The derivations it names.</summary>
    public IReadOnlyList<Derivation> Uses => uses;

    /// <summary>The text, with placeholders for the store paths.</summary>
    public override string ToString() => builder.ToString();

    /// <summary>Plain text.</summary>
    public static implicit operator Text(string value) => new(value);

    /// <summary>Plain text.</summary>
    public static Text FromString(string value) => new(value);

    /// <summary>Text that was rendered elsewhere (a JSON document, say) with the paths of these derivations in it.</summary>
    public static Text Naming(string value, IEnumerable<Derivation> derivations)
    {
        var text = new Text(value);
        text.uses.AddRange(derivations);
        return text;
    }

    /// <summary>Used by the compiler for an interpolated string.</summary>
    public void AppendLiteral(string value) => builder.Append(value);

    /// <summary>Names a store path, joins another text, or shows a value, the same on any computer.</summary>
    /// <remarks>One generic method: overload resolution would take it over one for <see cref="Derivation"/>, for it fits subtypes exactly.</remarks>
    public void AppendFormatted<T>(T value)
    {
        switch (value)
        {
            case Derivation derivation:
                builder.Append(derivation.Path);
                uses.Add(derivation);
                break;
            case Text text:
                builder.Append(text.builder);
                uses.AddRange(text.uses);
                break;
            default:
                builder.Append(CultureInfo.InvariantCulture, $"{value}");
                break;
        }
    }

    /// <summary>A secret has no value at evaluation: hand it to the service as a credential instead.</summary>
    [Obsolete("A secret has no value at evaluation. Hand it to the service with Unit.Credentials.", error: true)]
    public void AppendFormatted(Secret value) => throw new NotSupportedException(value.Name);

    /// <inheritdoc/>
    public bool Equals(Text? other) => other is not null && builder.Equals(other.builder);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Text);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);
}
