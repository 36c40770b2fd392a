using System.Text;

namespace Hale.Store.Text;

/// <summary>Reads what a person could read: a text, or a folder of some texts.</summary>
public static class TextTree
{
    private const int MostFiles = 50;
    private const int MostLinks = 16;
    private static readonly UTF8Encoding Strict = new(false, true);

    /// <summary>The texts of a file or a folder.</summary>
    /// <param name="path">The absolute path of the file or the folder, or of an absolute link to one.</param>
    /// <param name="longest">The most bytes that one of them may have.</param>
    /// <param name="at">Where an absolute path really lies: a store or a machine may be a folder of this computer.</param>
    /// <param name="isFile">Whether what lies at a real path is a plain file; all is where null. Reading a pipe would have no end.</param>
    /// <returns>
    /// UTF-8 texts by their place below the path (<c>/part</c>; empty for a file itself); null where one is none, is not there, or
    /// there are more than 50.
    /// </returns>
    public static IReadOnlyDictionary<string, string>? Of(string path, long longest, Func<string, string> at, Func<string, bool>? isFile = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(at);
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            return Add(path, "", texts, longest, at, isFile ?? (_ => true)) ? texts : null;
        }
        catch (Exception e) when (e is DecoderFallbackException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool Add(
        string path, string place, Dictionary<string, string> texts, long longest, Func<string, string> at, Func<string, bool> isFile)
    {
        for (var links = 0; new FileInfo(at(path)).LinkTarget is { } target; links++)
            if (links == MostLinks || !target.StartsWith('/'))
                return false;
            else
                path = target;
        var real = at(path);
        if (Directory.Exists(real))
            return Directory.EnumerateFileSystemEntries(real).Select(entry => Path.GetFileName(entry)!).Order(StringComparer.Ordinal).ToList()
                is { Count: <= MostFiles } names
                && names.All(name => Add($"{path}/{name}", $"{place}/{name}", texts, longest, at, isFile)) && texts.Count <= MostFiles;
        if (new FileInfo(real) is not { Exists: true } file || file.Length > longest || !isFile(real))
            return false;
        var text = Strict.GetString(File.ReadAllBytes(real));
        texts[place] = text;
        return !text.Contains('\0', StringComparison.Ordinal);
    }
}
