using System.Globalization;

namespace Hale.Store.Debian;

/// <summary>One file that a Release file vouches for.</summary>
internal readonly record struct IndexedFile(string Path, string Sha256, long Size);

/// <summary>The content of a Release file (Debian repository format): what a suite is, and the hashes of its indexes.</summary>
internal sealed record ReleaseFile
{
    /// <summary>The suite's name as a role: <c>stable</c>.</summary>
    public required string Suite { get; init; }

    /// <summary>The suite's own name: <c>trixie</c>.</summary>
    public required string Codename { get; init; }

    /// <summary>The release's number, <c>13.1</c>; empty for a suite that is not released.</summary>
    public required string Version { get; init; }

    /// <summary>When the archive made it.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>Until when the archive stands by it; null for a suite that does not age.</summary>
    public DateTimeOffset? ValidUntil { get; init; }

    /// <summary>Whether each index can be had by its hash, so that a mirror's update cannot come between.</summary>
    public bool ByHash { get; init; }

    /// <summary>Whether packages for every architecture are listed in an index of their own only.</summary>
    public bool SeparateAll { get; init; }

    /// <summary>The indexes, by path below the suite's folder.</summary>
    public required IReadOnlyDictionary<string, IndexedFile> Files { get; init; }

    /// <summary>Reads the text of a Release file.</summary>
    /// <exception cref="FormatException">It is not one; the message names the field.</exception>
    public static ReleaseFile Parse(byte[] text)
    {
        var paragraphs = Deb822Reader.ReadAll(new MemoryStream(text));
        if (paragraphs is not [var fields]) throw new FormatException($"it has {paragraphs.Count} paragraphs instead of one");
        var files = new Dictionary<string, IndexedFile>(StringComparer.Ordinal);
        foreach (var line in Required(fields, "SHA256").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var hash, var size, var path]
                || !Sha256Hex.IsValid(hash) || !long.TryParse(size, NumberStyles.None, null, out var bytes) || !PackageIndex.IsPoolPath(path))
            {
                throw new FormatException($"`{line}` is not a hash, a size and a path");
            }

            files[path] = new IndexedFile(path, hash, bytes);
        }

        return new ReleaseFile
        {
            Suite = fields.GetValueOrDefault("Suite", ""),
            Codename = fields.GetValueOrDefault("Codename", ""),
            Version = fields.GetValueOrDefault("Version", ""),
            Date = ParseDate("Date", Required(fields, "Date")),
            ValidUntil = fields.TryGetValue("Valid-Until", out var until) ? ParseDate("Valid-Until", until) : null,
            ByHash = fields.GetValueOrDefault("Acquire-By-Hash") == "yes",
            SeparateAll = Words(fields, "Architectures").Contains("all")
                && !Words(fields, "No-Support-for-Architecture-all").Contains("Packages"),
            Files = files,
        };
    }

    private static string Required(IReadOnlyDictionary<string, string> fields, string name) =>
        fields.TryGetValue(name, out var value) ? value : throw new FormatException($"the field {name} is missing");

    private static string[] Words(IReadOnlyDictionary<string, string> fields, string name) =>
        fields.GetValueOrDefault(name, "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static DateTimeOffset ParseDate(string field, string text) =>
        DateTimeOffset.TryParseExact(
            text, "ddd, d MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date
            : throw new FormatException($"the field {field} is `{text}`, not a date like `Sat, 12 Sep 2026 07:55:41 UTC`");
}
