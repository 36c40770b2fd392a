using System.Text.RegularExpressions;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What is wrong with a declared hive.</summary>
internal static partial class HiveChecks
{
    /// <summary>The Space's own place among the rooms that the machine remembers.</summary>
    public const string SpaceKey = "space";

    public static IEnumerable<Problem> Of(Hive hive, GatheredView host)
    {
        var matrix = host.Find<Matrix>();
        if (matrix is null)
            yield return new Problem(
                $"Hive makes Matrix accounts, but {host.Host.Name} has no Matrix.",
                $"Add new Matrix {{ ServerName = \"{host.Fleet.Domain}\" }} to its Modules, or take Hive away.");
        else
            foreach (var (name, setting, instead) in hive.Agents.Select(agent => (agent.Name, nameof(Hive.Agents), $"{agent.Name}-agent"))
                .Append((hive.AdminUser, nameof(Hive.AdminUser), "hive")).DistinctBy(one => one.Item1).Where(one => IsName(one.Item1)))
                foreach (var problem in AccountNames.Check(name, setting, typeof(Hive), matrix, host, instead))
                    yield return problem;
        foreach (var problem in Agents(hive).Concat(Rooms(hive)))
            yield return problem;
    }

    private static IEnumerable<Problem> Agents(Hive hive)
    {
        foreach (var name in hive.Agents.Select(agent => agent.Name).Append(hive.AdminUser).Concat(hive.Retired).Distinct().Where(name => !IsName(name)))
            yield return Wrong(nameof(Hive.Agents), $"\"{name}\" is not the name of an agent.", NameHint);
        foreach (var twice in Twice(hive.Agents.Select(agent => agent.Name)))
            yield return Wrong(nameof(Hive.Agents), $"There are two agents called {twice}.", "Give each a name of its own.");
        if (hive.Agents.Any(agent => agent.Name == hive.AdminUser))
            yield return Wrong(nameof(Hive.Agents), $"The agent {hive.AdminUser} would have the account that owns the rooms.", "Give it another name, or set AdminUser.");
        foreach (var both in hive.Agents.Select(agent => agent.Name).Append(hive.AdminUser).Intersect(hive.Retired))
            yield return Wrong(nameof(Hive.Retired), $"{both} is declared and retired at once.", "Take it out of one: a retired account is gone for good.");
        foreach (var agent in hive.Agents)
        {
            if (!agent.Folder.Split('/').All(IsFolder))
                yield return Wrong(nameof(Hive.Agents), $"\"{agent.StateDirectory}\", the state directory of {agent.Name}, is not one below /var/lib.",
                    "Write what the unit's StateDirectory= says: \"scout\".");
            if (!IsFolder(agent.TokenFile))
                yield return Wrong(nameof(Hive.Agents), $"\"{agent.TokenFile}\", where the token of {agent.Name} is to be, is not the name of a file.", "Write a name without a folder: \"access_token\".");
            if (!ServiceName().IsMatch(agent.UnitName))
                yield return Wrong(nameof(Hive.Agents), $"\"{agent.UnitName}\", which {agent.Name} is run by, is not the name of a service.", "A name ends in its type: \"scout.service\".");
        }
        foreach (var shared in Twice(hive.Agents.DistinctBy(agent => agent.Name).Select(agent => agent.TokenPath)))
            yield return Wrong(nameof(Hive.Agents), $"Two agents would have their token at {shared}.", "Give each a StateDirectory or a TokenFile of its own.");
    }

    private static IEnumerable<Problem> Rooms(Hive hive)
    {
        foreach (var room in hive.Rooms.Where(room => !IsName(room.Name) || room.Name == SpaceKey))
            yield return Wrong(nameof(Hive.Rooms), room.Name == SpaceKey ? "A room cannot be called space: the machine calls the Space so." : $"\"{room.Name}\" is not the name of a room.",
                $"{NameHint} What people see is its Title.");
        foreach (var twice in Twice(hive.Rooms.Select(room => room.Name)))
            yield return Wrong(nameof(Hive.Rooms), $"There are two rooms called {twice}.", "Give each a name of its own.");
        foreach (var room in hive.Rooms)
            foreach (var stranger in room.Members.Where(member => hive.Agents.All(agent => agent.Name != member)))
                yield return Wrong(nameof(Hive.Rooms), $"{stranger}, who is to be in {room.Name}, is no agent of this hive.", $"Add new Agent(\"{stranger}\") to Agents, or take it out.");
        if (hive.RoomVersion is not ("8" or "9" or "10" or "11" or "12"))
            yield return Wrong(nameof(Hive.RoomVersion), $"\"{hive.RoomVersion}\" is not a room version that lets in whoever is in the Space.", "Write \"8\" to \"12\"; \"10\" is what all clients know.");
    }

    private const string NameHint = "Use lower-case letters, digits and . _ -, at most 64, a letter or digit first.";

    private static Problem Wrong(string setting, string message, string hint) => new(message, hint) { Setting = setting };

    private static IEnumerable<string> Twice(IEnumerable<string> names) => names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1).Select(group => group.Key);

    private static bool IsName(string name) => Name().IsMatch(name);

    private static bool IsFolder(string name) => Folder().IsMatch(name) && name is not "." and not "..";

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,100}\z")]
    private static partial Regex Folder();

    [GeneratedRegex(@"^[A-Za-z0-9:_.\\-]+(@[A-Za-z0-9:_.\\-]+)?\.service\z")]
    private static partial Regex ServiceName();
}
