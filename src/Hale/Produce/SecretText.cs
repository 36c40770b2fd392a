using System.Runtime.CompilerServices;
using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// Text with the places of secrets in it, written as an interpolated string. <c>{secret}</c> becomes the whole quoted value in the
/// template's format; <c>{secret:part}</c> the value escaped for a place inside a quoted string that the text itself writes;
/// <c>{secret:url}</c> the value percent-encoded (RFC 3986, 2.1), for a user or password in a URL; <c>{secret:raw}</c> the value as it is.
/// </summary>
[InterpolatedStringHandler]
public sealed class SecretText : IEquatable<SecretText>
{
    /// <summary>What begins a secret's place in the text that the store holds; it ends at <c>}}</c>. Known to the activator too.</summary>
    internal const string Marker = "{{secret:";

    private readonly Text text;
    private readonly List<Secret> secrets = [];
    private readonly List<string> defects = [];

    /// <summary>Used by the compiler for an interpolated string.</summary>
    public SecretText(int literalLength, int formattedCount) => text = new Text(literalLength, formattedCount);

    /// <summary>The secrets in it, in the order of the text.</summary>
    public IReadOnlyList<Secret> Secrets => secrets;

    /// <summary>The text as the store has it: <c>{{secret:NAME}}</c> or <c>{{secret:NAME|part}}</c> where a value will stand.</summary>
    public Text Text => text;

    /// <summary>What cannot be: said at evaluation, with the line of the declaration.</summary>
    internal IReadOnlyList<string> Defects => defects;

    /// <summary>Text without a secret.</summary>
    public static implicit operator SecretText(string value) => FromString(value);

    /// <summary>Text without a secret.</summary>
    public static SecretText FromString(string value)
    {
        var text = new SecretText(0, 0);
        text.AppendLiteral(value);
        return text;
    }

    /// <summary>Used by the compiler for an interpolated string.</summary>
    public void AppendLiteral(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Contains(Marker, StringComparison.Ordinal))
            defects.Add($"holds \"{Marker}\" itself, which Hale writes where a secret's value will stand");
        text.AppendLiteral(value);
    }

    /// <summary>The place of a secret.</summary>
    /// <param name="value">The secret.</param>
    /// <param name="format">Empty, <c>part</c>, <c>url</c> or <c>raw</c>.</param>
    public void AppendFormatted(Secret value, string? format = null)
    {
        ArgumentNullException.ThrowIfNull(value);
        secrets.Add(value);
        if (format is not (null or "" or "part" or "url" or "raw"))
            defects.Add($"writes the secret {value.Name} with \":{format}\", which is no way to write one");
        text.AppendLiteral(format is null or "" ? $"{Marker}{value.Name}}}}}" : $"{Marker}{value.Name}|{format}}}}}");
    }

    /// <summary>Names a store path, joins another text, or shows a value, the same on any computer.</summary>
    public void AppendFormatted<T>(T value)
    {
        if (value is Secret secret)
            AppendFormatted(secret, null);
        else if (value is string or null)
            AppendLiteral(value as string ?? "");
        else
            text.AppendFormatted(value);
    }

    /// <inheritdoc/>
    public bool Equals(SecretText? other) => other is not null && text.Equals(other.text) && secrets.SequenceEqual(other.secrets);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SecretText);

    /// <inheritdoc/>
    public override int GetHashCode() => text.GetHashCode();

    /// <summary>The text as the store has it.</summary>
    public override string ToString() => text.ToString();
}
