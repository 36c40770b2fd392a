using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>The kernel settings of the declared files in <c>/etc/sysctl.d</c> (sysctl.d(5)), against those that count now.</summary>
internal static class SysctlFindings
{
    private const string Folder = "/etc/sysctl.d/";

    internal static IEnumerable<Finding> Of(MachineFiles files, SystemManifest manifest)
    {
        // Of two files that set one key, the one with the later name counts.
        var settings = new Dictionary<string, Setting>(StringComparer.Ordinal);
        foreach (var file in manifest.Files
            .Where(f => f.Target.StartsWith(Folder, StringComparison.Ordinal) && f.Target.EndsWith(".conf", StringComparison.Ordinal))
            .OrderBy(f => f.Target, StringComparer.Ordinal))
            foreach (var setting in UserFindings.Lines(files, manifest, file.Target).Select(Read).OfType<Setting>())
                settings[setting.Path] = setting;
        foreach (var path in settings.Keys.Order(StringComparer.Ordinal))
        {
            var (_, value, optional) = settings[path];
            // A kernel that does not have it cannot be put right by anyone.
            var live = files.Read(path) is { } bytes ? Words(Encoding.UTF8.GetString(bytes)) : null;
            if (live != Words(value) && !(live is null && optional))
                yield return new Finding { Kind = FindingKind.Sysctl, Path = path, Expected = value, Actual = live ?? "no such setting" };
        }
    }

    private static Setting? Read(string line)
    {
        var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
        return line[0] != ';' && parts.Length == 2 && parts[0].Length > 1 && parts[0].IndexOfAny(['*', '?', '[']) < 0
            ? new Setting(Place(parts[0].TrimStart('-')), parts[1], parts[0][0] == '-') : null;
    }

    private sealed record Setting(string Path, string Value, bool Optional);

    /// <summary>Where the first separator is a dot, dots separate, and slashes stand for dots in a name.</summary>
    private static string Place(string key)
    {
        var dots = key.IndexOfAny(['.', '/']) is >= 0 and var first && key[first] == '.';
        return "/proc/sys/" + (dots ? string.Concat(key.Select(c => c switch { '.' => '/', '/' => '.', _ => c })) : key);
    }

    private static string Words(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
