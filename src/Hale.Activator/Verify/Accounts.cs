using System.Text;
using Hale.Activator.Machine;

namespace Hale.Activator.Verify;

/// <summary>A line of <c>/etc/passwd</c>.</summary>
internal sealed record Account(string Name, uint Number, uint Group, string Home, string Shell);

/// <summary>A line of <c>/etc/group</c>.</summary>
internal sealed record AccountGroup(string Name, uint Number, IReadOnlyList<string> Members);

/// <summary>The users and groups of the machine's own files, not of a directory service.</summary>
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
        Lines(files, "/etc/passwd", 7).Select(f => new Account(f[0], Number(f[2]), Number(f[3]), f[5], f[6])),
        Lines(files, "/etc/group", 4).Select(f => new AccountGroup(f[0], Number(f[2]), f[3].Split(',', StringSplitOptions.RemoveEmptyEntries))));

    /// <summary>The number of a user, by name or as it is; null where there is none.</summary>
    internal uint? User(string name) => uint.TryParse(name, out var number) ? number : Users.GetValueOrDefault(name)?.Number ?? Root(name);

    internal uint? Group(string name) => uint.TryParse(name, out var number) ? number : Groups.GetValueOrDefault(name)?.Number ?? Root(name);

    internal string UserName(uint number) => Users.Values.FirstOrDefault(u => u.Number == number)?.Name ?? (number == 0 ? "root" : $"{number}");

    internal string GroupName(uint number) => Groups.Values.FirstOrDefault(g => g.Number == number)?.Name ?? (number == 0 ? "root" : $"{number}");

    private static uint? Root(string name) => name == "root" ? 0 : null;

    private static uint Number(string text) => uint.TryParse(text, out var number) ? number : uint.MaxValue;

    private static IEnumerable<string[]> Lines(MachineFiles files, string path, int fields) =>
        Encoding.UTF8.GetString(files.Read(path) ?? []).Split('\n').Select(line => line.Split(':')).Where(line => line.Length == fields);
}
