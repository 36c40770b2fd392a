using System.Globalization;
using System.Text;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Machine;

/// <summary>A line of <c>/etc/passwd</c>.</summary>
internal sealed record Account(string Name, uint Number, uint Group, string Home, string Shell);

/// <summary>A line of <c>/etc/group</c>.</summary>
internal sealed record AccountGroup(string Name, uint Number, IReadOnlyList<string> Members);

/// <summary>
/// The users and groups of the machine's own files, passwd(5) and group(5), not of a directory service; and those that a system brings.
/// Of a name that is there twice the first line counts, as for everybody else. Root is root, also in a folder that has no such file.
/// </summary>
internal sealed class Accounts
{
    private Accounts(IEnumerable<Account> users, IEnumerable<AccountGroup> groups)
    {
        Users = users.DistinctBy(u => u.Name).ToDictionary(u => u.Name, StringComparer.Ordinal);
        Groups = groups.DistinctBy(g => g.Name).ToDictionary(g => g.Name, StringComparer.Ordinal);
    }

    internal IReadOnlyDictionary<string, Account> Users { get; }

    internal IReadOnlyDictionary<string, AccountGroup> Groups { get; }

    internal static Accounts Read(MachineFiles files) => new(
        Lines(files, "/etc/passwd").Select(f => new Account(f[0], Number(f[2])!.Value, Number(Field(f, 3)) ?? uint.MaxValue, Field(f, 5), Field(f, 6))),
        Lines(files, "/etc/group").Select(f => new AccountGroup(f[0], Number(f[2])!.Value, Field(f, 3).Split(',', StringSplitOptions.RemoveEmptyEntries))));

    /// <summary>The number of a user of that very name: nobody owns a secret by a number. Null where there is none.</summary>
    internal uint? UserNamed(string name) => Users.GetValueOrDefault(name)?.Number ?? Root(name);

    internal uint? GroupNamed(string name) => Groups.GetValueOrDefault(name)?.Number ?? Root(name);

    /// <summary>The number of a user as tmpfiles.d(5) writes it, by name or as it is; null where there is none.</summary>
    internal uint? User(string written) => Number(written) ?? UserNamed(written);

    internal uint? Group(string written) => Number(written) ?? GroupNamed(written);

    internal string UserName(uint number) => Users.Values.FirstOrDefault(u => u.Number == number)?.Name ?? (number == 0 ? "root" : $"{number}");

    internal string GroupName(uint number) => Groups.Values.FirstOrDefault(g => g.Number == number)?.Name ?? (number == 0 ? "root" : $"{number}");

    /// <summary>Names that will be there once the system's own file of sysusers.d(5) has been read; a user brings a group of its name.</summary>
    internal static (HashSet<string> Users, HashSet<string> Groups) Brought(MachineFiles files, SystemManifest manifest)
    {
        var path = manifest.Files.FirstOrDefault(f => f.Target == Planner.SysusersFile)?.Path;
        var lines = Text(path is null ? null : files.Read(path)).Select(l => l.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries))
            .Where(p => p.Length >= 2).ToList();
        var users = lines.Where(p => p[0][0] == 'u').Select(p => p[1]).ToHashSet(StringComparer.Ordinal);
        return (users, [.. users, .. lines.Where(p => p[0][0] == 'g').Select(p => p[1])]);
    }

    private static uint? Root(string name) => name == "root" ? 0 : null;

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Field(string[] line, int index) => index < line.Length ? line[index] : "";

    /// <summary>Lines with a name and a number.</summary>
    private static IEnumerable<string[]> Lines(MachineFiles files, string path) =>
        Text(files.Read(path)).Select(line => line.Split(':')).Where(line => line.Length >= 3 && Number(line[2]) is not null);

    private static string[] Text(byte[]? bytes) =>
        bytes is null ? [] : Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
