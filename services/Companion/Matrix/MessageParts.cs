using System.Text;

namespace Companion.Matrix;

/// <summary>Cuts a long answer into messages that fit into events.</summary>
internal static class MessageParts
{
    /// <summary>
    /// In UTF-8. An event has 65,536 bytes at most, an edit holds the text and its HTML, and encryption adds a third.
    /// </summary>
    public const int MostBytes = 12_000;

    /// <summary>
    /// The parts, in order. A part that is followed by another never changes when the text grows at its end, so that it can be
    /// sent for good. A code block that is cut is closed and opened again.
    /// </summary>
    public static IReadOnlyList<string> Cut(string text, int mostBytes = MostBytes)
    {
        var parts = new List<string>();
        var rest = text;
        while (Encoding.UTF8.GetByteCount(rest) > mostBytes)
        {
            var most = Fitting(rest, mostBytes - 16);
            var end = Best(rest[..most]);
            var part = rest[..end];
            rest = rest[end..].TrimStart('\n', ' ');
            if (OpenFence(part) is { } fence)
            {
                part = $"{part.TrimEnd()}\n```";
                rest = $"{fence}\n{rest}";
            }
            parts.Add(part.TrimEnd());
        }
        if (rest.Trim().Length > 0 || parts.Count == 0)
            parts.Add(rest);
        return parts;
    }

    // As many characters as fit into so many bytes, never half of a pair.
    private static int Fitting(string text, int bytes)
    {
        var (count, used) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes)
                break;
            count += rune.Utf16SequenceLength;
        }
        return Math.Max(count, 1);
    }

    private static int Best(string head)
    {
        foreach (var mark in (string[])["\n\n", "\n", ". ", " "])
            if (head.LastIndexOf(mark, StringComparison.Ordinal) is var at && at > head.Length / 2)
                return at + mark.Length;
        return head.Length;
    }

    private static string? OpenFence(string part)
    {
        string? open = null;
        foreach (var line in part.Split('\n'))
            if (line.StartsWith("```", StringComparison.Ordinal))
                open = open is null ? line.TrimEnd() : null;
        return open is { Length: <= 40 } ? open : open is null ? null : "```";
    }
}
