using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Hale.Store.Lock;

/// <summary>
/// A lock from text. People merge and edit locks, so whatever they do to one is told with its place, and what to do about it.
/// The version is read before anything else.
/// </summary>
internal static class LockReader
{
    private const string Renew = "Take the file back from git, or delete it and run: hale update";

    internal static LockFile Parse(ReadOnlySpan<byte> text, string path)
    {
        RefuseConflict(text, path);
        if (!Utf8.IsValid(text))
            throw new UserError($"{path}: not text in UTF-8.", Renew);
        try
        {
            RefuseRepeatedKeys(text, path);
            using var document = JsonDocument.Parse(text.ToArray());
            var root = document.RootElement;
            CheckVersion(root, path);
            var entries = ImmutableSortedDictionary.CreateBuilder<string, LockEntry>(StringComparer.Ordinal);
            foreach (var property in Member(root, "entries", path).EnumerateObject())
                entries.Add(property.Name, Entry(property.Name, property.Value, path));
            return new LockFile { Entries = entries.ToImmutable() };
        }
        catch (JsonException error)
        {
            var (line, column) = (error.LineNumber + 1, error.BytePositionInLine + 1);
            throw new UserError($"{path}:{line}:{column}: not valid JSON: {Reason(error)}", Renew, error);
        }
    }

    private static LockEntry Entry(string name, JsonElement element, string path)
    {
        var where = $"{path}: entry {name}";
        var entry = new LockEntry(Member(element, "request", where, any: true).Clone(), Member(element, "content", where, any: true).Clone());
        CheckHashes(entry.Content, $"{where}: content", name);
        return entry;
    }

    private static void CheckVersion(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("version", out var version)
            || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out var number))
            throw new UserError($"{path}: it names no version.", Renew);
        if (number != LockFile.CurrentVersion)
            throw new UserError(
                $"{path}: it is of version {number}; this hale reads version {LockFile.CurrentVersion}.",
                number > LockFile.CurrentVersion ? "Use the newer hale that wrote it." : Renew);
    }

    private static JsonElement Member(JsonElement element, string name, string where, bool any = false)
    {
        if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member)
            && (any || member.ValueKind == JsonValueKind.Object))
            return member;
        throw new UserError($"{where}: \"{name}\" is missing{(any ? "" : " or not an object")}.", Renew);
    }

    /// <summary>A property called sha256 or sha512, at any depth, is the hexadecimal hash that downloads are held to.</summary>
    private static void CheckHashes(JsonElement element, string where, string entry)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            var index = 0;
            foreach (var item in element.EnumerateArray())
                CheckHashes(item, $"{where}[{index++}]", entry);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        foreach (var property in element.EnumerateObject())
        {
            var length = property.Name switch { "sha256" => 64, "sha512" => 128, _ => 0 };
            if (length > 0 && !IsHash(property.Value, length))
                throw new UserError(
                    $"{where}.{property.Name}: {property.Value.GetRawText()} is not a hash of {length} lower-case hexadecimal digits.",
                    $"Renew the entry: hale update {LockFile.NameToUpdate(entry)}");
            CheckHashes(property.Value, $"{where}.{property.Name}", entry);
        }
    }

    private static bool IsHash(JsonElement value, int length) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { } text
        && text.Length == length && text.All(char.IsAsciiHexDigit) && !text.Any(char.IsAsciiLetterUpper);

    private static void RefuseRepeatedKeys(ReadOnlySpan<byte> text, string path)
    {
        var reader = new Utf8JsonReader(text);
        var open = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                open.Push([]);
            else if (reader.TokenType == JsonTokenType.EndObject)
                open.Pop();
            else if (reader.TokenType == JsonTokenType.PropertyName && !open.Peek().Add(reader.GetString()!))
                throw new UserError($"{Place(text, (int)reader.TokenStartIndex, path)}: the key \"{reader.GetString()}\" is there twice.", Renew);
        }
    }

    private static void RefuseConflict(ReadOnlySpan<byte> text, string path)
    {
        var at = text.StartsWith("<<<<<<< "u8) ? 0 : text.IndexOf("\n<<<<<<< "u8) + 1;
        if (at > 0 || text.StartsWith("<<<<<<< "u8))
            throw new UserError($"{Place(text, at, path)}: git left a merge conflict here.", "Resolve it, or take one side whole and run: hale update");
    }

    private static string Place(ReadOnlySpan<byte> text, int offset, string path)
    {
        var before = text[..offset];
        return $"{path}:{before.Count((byte)'\n') + 1}:{Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1}";
    }

    /// <summary>The parser's words without the place it appends, which counts from zero.</summary>
    private static string Reason(JsonException error)
    {
        var at = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return at < 0 ? error.Message : error.Message[..at];
    }
}
