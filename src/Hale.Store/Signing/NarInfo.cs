using System.Globalization;
using System.Text;
using Hale.Store.Paths;

namespace Hale.Store.Signing;

/// <summary>
/// What a binary cache says of a path: its <c>HASH.narinfo</c>. Read as Nix reads it: unknown fields pass, missing or malformed ones do not.
/// </summary>
public sealed record NarInfo
{
    /// <summary>The path, its NAR and its references.</summary>
    public required PathInfo Info { get; init; }

    /// <summary>Where the NAR lies, below the cache's address: <c>nar/HASH.nar.zst</c>.</summary>
    public required string Url { get; init; }

    /// <summary><c>none</c>, <c>xz</c>, <c>zstd</c>, <c>gzip</c>, …; <c>bzip2</c> where the cache says nothing.</summary>
    public string Compression { get; init; } = "bzip2";

    /// <summary>The hash of the compressed file, where the cache says it.</summary>
    public Sha256Hash? FileHash { get; init; }

    /// <summary>Bytes of the compressed file; 0 where the cache does not say.</summary>
    public long FileSize { get; init; }

    /// <summary>The base name of the derivation that made it, where known.</summary>
    public string? Deriver { get; init; }

    /// <summary>Signatures, <c>NAME:BASE64</c>.</summary>
    public IReadOnlyList<string> Signatures { get; init; } = [];

    /// <summary>The content address, where it has one: <c>fixed:r:sha256:…</c>.</summary>
    public string? ContentAddress { get; init; }

    /// <summary>Reads the text of a narinfo.</summary>
    /// <exception cref="InvalidDataException">A line is no field, a field is malformed, missing, or there twice where it may not be.</exception>
    public static NarInfo Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var fields = new Fields();
        var lines = text.Split('\n');
        if (lines[^1].Length > 0)
            throw new InvalidDataException("The narinfo's last line has no end: it is truncated.");
        foreach (var line in lines[..^1])
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
                throw new InvalidDataException($"The narinfo's line \"{line}\" is no field.");
            fields.Add(line[..colon], line.Length > colon + 2 ? line[(colon + 2)..] : "");
        }

        return fields.ToNarInfo();
    }

    /// <summary>The text of a narinfo, fields in Nix's own order.</summary>
    public string Render()
    {
        var text = new StringBuilder();
        void Line(string name, object? value)
        {
            if (value is not null)
                text.Append(name).Append(": ").Append(value).Append('\n');
        }

        Line("StorePath", Info.Path);
        Line("URL", Url);
        Line("Compression", Compression);
        Line("FileHash", FileHash);
        Line("FileSize", FileSize > 0 ? FileSize : null);
        Line("NarHash", Info.NarHash);
        Line("NarSize", Info.NarSize);
        Line("References", string.Join(' ', Info.References.Select(path => path.BaseName)));
        Line("Deriver", Deriver);
        foreach (var signature in Signatures)
            Line("Sig", signature);
        Line("CA", ContentAddress);
        return text.ToString();
    }

    /// <summary>The fields read so far.</summary>
    private sealed class Fields
    {
        private readonly Dictionary<string, string> single = new(StringComparer.Ordinal);
        private readonly List<string> signatures = [];

        internal void Add(string name, string value)
        {
            if (name == "Sig")
                signatures.Add(value);
            else if (!single.TryAdd(name, value) && name is "References" or "CA")
                throw new InvalidDataException($"The narinfo has {name} twice.");
            else
                single[name] = value;
        }

        internal NarInfo ToNarInfo()
        {
            var compression = single.GetValueOrDefault("Compression", "");
            return new()
            {
                Info = new()
                {
                    Path = Read<StorePath>("StorePath", StorePath.TryParse),
                    NarHash = Read<Sha256Hash>("NarHash", Sha256Hash.TryParse),
                    NarSize = Size("NarSize") is > 0 and var size ? size : throw new InvalidDataException("The narinfo has no NarSize."),
                    References = References(),
                },
                Url = single.GetValueOrDefault("URL", "") is { Length: > 0 } url ? url : throw new InvalidDataException("The narinfo has no URL."),
                Compression = compression.Length > 0 ? compression : "bzip2",
                FileHash = single.ContainsKey("FileHash") ? Read<Sha256Hash>("FileHash", Sha256Hash.TryParse) : null,
                FileSize = Size("FileSize"),
                Deriver = single.GetValueOrDefault("Deriver") is { } deriver && deriver != "unknown-deriver" ? deriver : null,
                Signatures = signatures,
                ContentAddress = single.GetValueOrDefault("CA") is { Length: > 0 } address ? address : null,
            };
        }

        private delegate bool TryParse<T>(string? text, out T? value);

        private T Read<T>(string name, TryParse<T> parse)
            where T : class
        {
            var text = single.GetValueOrDefault(name) ?? throw new InvalidDataException($"The narinfo has no {name}.");
            return parse(text, out var value) ? value! : throw new InvalidDataException($"The narinfo's {name} is malformed: \"{text}\".");
        }

        private long Size(string name)
        {
            if (!single.TryGetValue(name, out var text))
                return 0;
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                ? size
                : throw new InvalidDataException($"The narinfo's {name} is malformed: \"{text}\".");
        }

        private StorePath[] References() =>
            [.. single.GetValueOrDefault("References", "").Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(name => StorePath.TryParseBaseName(name, out var path)
                    ? path
                    : throw new InvalidDataException($"The narinfo's reference is malformed: \"{name}\"."))];
    }
}
