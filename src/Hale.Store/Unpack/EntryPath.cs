using System.Text;

namespace Hale.Store.Unpack;

/// <summary>Where an archive's entry belongs in a root: a clean relative path, or a refusal.</summary>
internal static class EntryPath
{
    // The kernel's 4,096 must also hold where the root lies; Debian's longest path has some 300.
    private const int MaxPath = 1024;
    private const int MaxName = 255;
    private const int MaxDepth = 64;

    /// <summary>The path below the root that an entry's name means; empty for the root itself.</summary>
    /// <exception cref="InvalidDataException">The name is absolute, climbs, or is none that a file can have.</exception>
    public static string Of(string name)
    {
        if (name.StartsWith('/')) throw new InvalidDataException($"`{name}` is an absolute path");
        if (Encoding.UTF8.GetByteCount(name) > MaxPath) throw new InvalidDataException($"`{name[..80]}…` is longer than {MaxPath} bytes");
        if (name.Any(char.IsControl)) throw new InvalidDataException($"`{name}` has control characters in its name");
        var parts = name.Split('/').Where(static part => part is not ("" or ".")).ToList();
        if (parts.Contains("..")) throw new InvalidDataException($"`{name}` climbs out of its folder");
        if (parts.Count > MaxDepth) throw new InvalidDataException(
            $"`{name[..80]}…` is {parts.Count} folders deep; {MaxDepth} are allowed");
        if (parts.Find(static part => Encoding.UTF8.GetByteCount(part) > MaxName) is { } tooLong)
            throw new InvalidDataException($"the name `{tooLong[..80]}…` is longer than {MaxName} bytes");
        return string.Join('/', parts);
    }

    /// <summary>Checks where a symbolic link of a root leads: an absolute target counts from the root, which is where it will be read.</summary>
    /// <exception cref="InvalidDataException">It climbs above the root, or is none.</exception>
    public static void CheckTarget(string path, string target)
    {
        if (target.Length == 0 || Encoding.UTF8.GetByteCount(target) > MaxPath) throw new InvalidDataException(
            $"the link `{path}` leads nowhere");
        var depth = target.StartsWith('/') ? 0 : path.Count(static c => c == '/');
        foreach (var part in target.Split('/'))
        {
            depth += part switch { "" or "." => 0, ".." => -1, _ => 1 };
            if (depth < 0 && !target.StartsWith('/')) throw new InvalidDataException(
                $"the link `{path}` leads out of the root, to `{target}`");
            depth = Math.Max(depth, 0);
        }
    }
    /// <summary>
    /// Checks where a symbolic link leads that will be read from outside of its folder: climbing comes first in it, so that no other
    /// link on the way makes it climb further than it says.
    /// </summary>
    /// <exception cref="InvalidDataException">It is absolute, climbs out of the folder, or climbs after a name.</exception>
    public static void CheckRelativeTarget(string path, string target)
    {
        if (target.StartsWith('/')) throw new InvalidDataException($"the link `{path}` leads to an absolute path, `{target}`");
        if (target.Any(char.IsControl)) throw new InvalidDataException($"the link `{path}` has control characters in its target");
        CheckTarget(path, target);
        var parts = target.Split('/').Where(static part => part is not ("" or ".")).ToList();
        if (parts.SkipWhile(static part => part == "..").Contains(".."))
            throw new InvalidDataException($"the link `{path}` climbs behind a name, to `{target}`");
    }
}
