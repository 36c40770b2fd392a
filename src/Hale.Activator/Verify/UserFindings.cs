using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>The users and groups of <c>/etc/sysusers.d/hale.conf</c> (sysusers.d(5)), against the machine's own.</summary>
internal static class UserFindings
{
    internal const string NoLogin = "/usr/sbin/nologin";

    internal static IEnumerable<Finding> Of(MachineFiles files, SystemManifest manifest, Accounts accounts) =>
        Lines(files, manifest, Planner.SysusersFile).SelectMany(line => Line(Fields(line), accounts));

    /// <summary>The lines of a file that the system declares, read from the store: what stands in its place does not count.</summary>
    internal static IEnumerable<string> Lines(MachineFiles files, SystemManifest manifest, string target) =>
        manifest.Files.FirstOrDefault(file => file.Target == target) is { } file
            ? Encoding.UTF8.GetString(files.Read(file.Path) ?? []).Split('\n', StringSplitOptions.TrimEntries).Where(line => line.Length > 0 && line[0] != '#')
            : [];

    private static IEnumerable<Finding> Line(List<string> fields, Accounts accounts)
    {
        if (fields.Count < 2)
            return [];
        var name = fields[1];
        return fields[0].TrimEnd('!') switch
        {
            "u" when !accounts.Users.ContainsKey(name) => [Missing($"user {name}")],
            "u" => User(fields, accounts.Users[name], accounts),
            "g" when !accounts.Groups.ContainsKey(name) => [Missing($"group {name}")],
            "m" when fields.Count > 2 && accounts.Groups.GetValueOrDefault(fields[2])?.Members.Contains(name) != true =>
                [Changed($"user {name}", $"in the group {fields[2]}", "not in it")],
            _ => [],
        };
    }

    private static IEnumerable<Finding> User(List<string> fields, Account user, Accounts accounts)
    {
        var id = Field(fields, 2);
        var (number, group) = id?.Split(':', 2) is [var first, var second] ? (first, second) : (id, user.Name);
        if (accounts.GroupName(user.Group) != group && $"{user.Group}" != group)
            yield return Changed($"user {user.Name}", $"group {group}", $"group {accounts.GroupName(user.Group)}");
        if (number is not null && uint.TryParse(number, out var declared) && declared != user.Number)
            yield return Changed($"user {user.Name}", $"number {declared}", $"number {user.Number}");
        if (Field(fields, 4) is { } home && home != user.Home)
            yield return Changed($"user {user.Name}", $"home {home}", $"home {user.Home}");
        var shell = Field(fields, 5) ?? (user.Number == 0 ? user.Shell : NoLogin);
        if (shell != user.Shell)
            yield return Changed($"user {user.Name}", $"shell {shell}", $"shell {user.Shell}");
    }

    private static string? Field(List<string> fields, int at) => fields.Count > at && fields[at] is not ("-" or "") ? fields[at] : null;

    private static Finding Missing(string what) =>
        new() { Kind = FindingKind.UserMissing, Account = what, Expected = "there", Actual = "nothing" };

    private static Finding Changed(string what, string expected, string actual) =>
        new() { Kind = FindingKind.UserChanged, Account = what, Expected = expected, Actual = actual };

    /// <summary>Words between blanks; quotes hold a word together.</summary>
    internal static List<string> Fields(string line)
    {
        var fields = new List<string>();
        for (var at = 0; at < line.Length;)
        {
            if (char.IsWhiteSpace(line[at]))
            {
                at++;
                continue;
            }

            var quote = line[at] is '"' or '\'' ? line[at++] : '\0';
            var end = at;
            while (end < line.Length && (quote == '\0' ? !char.IsWhiteSpace(line[end]) : line[end] != quote))
                end++;
            fields.Add(line[at..end]);
            at = quote == '\0' ? end : end + 1;
        }

        return fields;
    }
}
