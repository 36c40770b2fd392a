using System.Text.RegularExpressions;

namespace Hale.Lab;

/// <summary>A console's log as a person reads it: without colours and cursor movements.</summary>
internal static partial class ConsoleText
{
    private const int MostBytes = 64 * 1024;

    /// <summary>The last lines of a log, of its last 64 KiB.</summary>
    public static IReadOnlyList<string> LastLines(string path, int count)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length > MostBytes) file.Seek(-MostBytes, SeekOrigin.End);
        using var reader = new StreamReader(file);
        var text = ControlSequence().Replace(reader.ReadToEnd(), "").Replace("\r", "", StringComparison.Ordinal);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(count)];
    }

    // ECMA-48: CSI sequences (5.4), and strings such as OSC up to their terminator (5.6).
    [GeneratedRegex(@"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(\x07|\x1b\\)|\x1b[ -/]*[0-~]")]
    private static partial Regex ControlSequence();
}
