using System.Globalization;
using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>The machine's own users and groups, passwd(5) and group(5), and those that a system brings in its sysusers.d(5) file.</summary>
internal sealed class Accounts
{
    private readonly Dictionary<string, uint> _users;
    private readonly Dictionary<string, uint> _groups;

    private Accounts(Dictionary<string, uint> users, Dictionary<string, uint> groups) => (_users, _groups) = (users, groups);

    internal static Accounts Read(MachineFiles files) => new(Numbers(files, "/etc/passwd"), Numbers(files, "/etc/group"));

    internal uint? User(string name) => _users.TryGetValue(name, out var number) ? number : null;

    internal uint? Group(string name) => _groups.TryGetValue(name, out var number) ? number : null;

    /// <summary>Names that will be there once the system's own file of sysusers.d has been read; a user brings a group of its name.</summary>
    internal static (HashSet<string> Users, HashSet<string> Groups) Brought(MachineFiles files, SystemManifest manifest)
    {
        var path = manifest.Files.FirstOrDefault(f => f.Target == Planner.SysusersFile)?.Path;
        var lines = Lines(path is null ? null : files.Read(path)).Select(l => l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(p => p.Length >= 2).ToList();
        var users = lines.Where(p => p[0][0] == 'u').Select(p => p[1]).ToHashSet(StringComparer.Ordinal);
        return (users, [.. users, .. lines.Where(p => p[0][0] == 'g').Select(p => p[1])]);
    }

    private static Dictionary<string, uint> Numbers(MachineFiles files, string path)
    {
        // Root is root, also in a folder that has no such file.
        var numbers = new Dictionary<string, uint>(StringComparer.Ordinal) { ["root"] = 0 };
        foreach (var parts in Lines(files.Read(path)).Select(l => l.Split(':')).Where(p => p.Length >= 3))
            if (uint.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                numbers[parts[0]] = number;
        return numbers;
    }

    private static string[] Lines(byte[]? text) =>
        text is null ? [] : Encoding.UTF8.GetString(text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
