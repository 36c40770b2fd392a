using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Paths;

/// <summary>
/// The name of something in the store: <c>/nix/store/HASH-NAME</c>. The hash says what is there, so two equal paths have equal contents.
/// How a path comes from its contents: <see cref="StorePaths"/>.
/// </summary>
[JsonConverter(typeof(StorePathConverter))]
public sealed record StorePath : IComparable<StorePath>
{
    /// <summary>Where every machine has its store.</summary>
    public const string StoreFolder = "/nix/store";

    /// <summary>The longest name, in characters.</summary>
    public const int LongestName = 211;

    internal StorePath(string baseName) => BaseName = baseName;

    /// <summary><c>HASH-NAME</c>: the last part of the path.</summary>
    public string BaseName { get; }

    /// <summary>The 32 base-32 digits.</summary>
    public string HashPart => BaseName[..32];

    /// <summary>What a person calls it: <c>caddy.service</c>.</summary>
    public string Name => BaseName[33..];

    /// <summary>Reads a full path, <c>/nix/store/HASH-NAME</c>, of nothing below it.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out StorePath? path)
    {
        path = null;
        const string prefix = StoreFolder + "/";
        return text is not null && text.StartsWith(prefix, StringComparison.Ordinal) && TryParseBaseName(text[prefix.Length..], out path);
    }

    /// <summary>Reads a full path.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static StorePath Parse(string text) => TryParse(text, out var path) ? path : throw new FormatException($"\"{text}\" is not a store path.");

    /// <summary>Reads <c>HASH-NAME</c>.</summary>
    public static bool TryParseBaseName([NotNullWhen(true)] string? text, [NotNullWhen(true)] out StorePath? path)
    {
        Span<byte> hash = stackalloc byte[20];
        path = text is { Length: > 33 } && text[32] == '-' && Base32.TryDecode(text.AsSpan(0, 32), hash) && WrongWith(text[33..]) is null
            ? new StorePath(text)
            : null;
        return path is not null;
    }

    /// <summary>What is wrong with a name, as Nix 2.26 sees it; null where nothing is.</summary>
    public static string? WrongWith(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var bad = FirstBad(name);
        return name switch
        {
            "" => "it is empty",
            { Length: > LongestName } => $"it has {name.Length} characters, and {LongestName} are allowed",
            _ when bad >= 0 => $"it holds '{name[bad]}', and letters, digits and +-._?= are allowed",
            "." or ".." => "it means a folder",
            _ when name.StartsWith(".-", StringComparison.Ordinal) || name.StartsWith("..-", StringComparison.Ordinal) =>
                "a first part of dots alone is not allowed",
            _ => null,
        };
    }

    // No SearchValues: the runtime compiles their search for this processor first, and a machine's activator checks hundreds of names in a tenth of a second.
    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' or '?' or '=';

    private static int FirstBad(string name)
    {
        for (var i = 0; i < name.Length; i++)
            if (!IsOfName(name[i]))
                return i;
        return -1;
    }

    /// <summary>A name of a thing and its version, with hyphens for what no name may hold.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="version">Its version; empty for none.</param>
    internal static string Versioned(string name, string version)
    {
        var text = version.Length == 0 ? name : $"{name}-{version}";
        return string.Concat(text.Take(LongestName).Select(static c => IsOfName(c) ? c : '-'));
    }

    /// <summary>By bytes of the base name: the order of references.</summary>
    public int CompareTo(StorePath? other) => string.CompareOrdinal(BaseName, other?.BaseName);

    /// <summary>The full path on a machine.</summary>
    public override string ToString() => $"{StoreFolder}/{BaseName}";

#pragma warning disable CS1591 // The order's operators say what they are.
    public static bool operator <(StorePath left, StorePath right) => left.CompareTo(right) < 0;

    public static bool operator >(StorePath left, StorePath right) => left.CompareTo(right) > 0;

    public static bool operator <=(StorePath left, StorePath right) => left.CompareTo(right) <= 0;

    public static bool operator >=(StorePath left, StorePath right) => left.CompareTo(right) >= 0;
#pragma warning restore CS1591
}

/// <summary>A store path as a string of JSON: the full path.</summary>
internal sealed class StorePathConverter : JsonConverter<StorePath>
{
    public override StorePath Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && StorePath.TryParse(reader.GetString(), out var path) ? path : throw new JsonException("not a store path");

    public override void Write(Utf8JsonWriter writer, StorePath value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
