using System.Reflection;
using Hale.Declare;
using Module = Hale.Declare.Module;

namespace Hale.Evaluate;

/// <summary>
/// The first stage: joins what was said of a module at every rank into one record. The highest rank wins, setting by setting;
/// two that disagree at one rank are a problem that names both lines.
/// </summary>
internal static class Settle
{
    private sealed record Said(Module Module, Rank Rank, SourceLocation Where);

    public static IReadOnlyList<SettledModule> Modules(Fleet fleet, Declared<Host> declared, bool inLab, List<Problem> problems)
    {
        var host = declared.Value;
        var groups = new Dictionary<(Type, string), List<Said>>();
        var order = new List<(Type, string)>();
        foreach (var (module, where) in host.Modules)
        {
            var key = (module.GetType(), module.Name);
            if (!groups.TryGetValue(key, out var group))
            {
                groups.Add(key, group = []);
                order.Add(key);
            }
            group.Add(new Said(module, Rank.Own, where));
        }

        Join(fleet.Prefer, Rank.Prefer, onHost: false);
        Join(host.Prefer, Rank.Prefer, onHost: true);
        Join(fleet.Force, Rank.Force, onHost: false);
        Join(host.Force, Rank.Force, onHost: true);
        if (inLab)
            foreach (var said in groups.Values.SelectMany(group => group).ToList())
                foreach (var tweak in said.Module.InLab())
                    if (groups.TryGetValue((tweak.GetType(), tweak.Name), out var group))
                        group.Add(new Said(tweak, Rank.Lab, said.Where));

        var settled = new List<SettledModule>();
        foreach (var key in order)
            settled.Add(One(groups[key], host.Name, problems));
        return settled;

        void Join(ModuleList list, Rank rank, bool onHost)
        {
            foreach (var (module, where) in list)
                if (groups.TryGetValue((module.GetType(), module.Name), out var group))
                    group.Add(new Said(module, rank, where));
                else if (onHost)
                    problems.Add(new Problem(
                        $"The host {host.Name} has settings for {module.Label} at the rank {rank}, but does not run it.",
                        $"Add it to Modules, or take the settings away.")
                    { Where = where, Host = host.Name });
        }
    }

    private static SettledModule One(List<Said> group, string host, List<Problem> problems)
    {
        var first = group[0];
        if (group.Count == 1)
            return new SettledModule(first.Module, first.Where);

        // Fields that the accessor of a setting does not record cannot be joined: copying the first would drop the others silently.
        var type = first.Module.GetType();
        foreach (var setting in Unrecorded.Of(first.Module))
            problems.Add(new Problem(
                $"{type.Name}.{setting} does not remember who set it, so settings of several places cannot join.",
                $"Declare it as: {{ get; init => Assign(ref field, value); }}")
            { Where = first.Where, Host = host, Setting = setting });

        var settled = first.Module.Copy();
        var elsewhere = new Dictionary<string, SourceLocation>();
        foreach (var setting in group.SelectMany(said => said.Module.Assigned.Keys).Distinct().Order(StringComparer.Ordinal))
        {
            var says = group.Where(said => said.Module.Assigned.ContainsKey(setting)).ToList();
            var rank = says.Max(said => said.Rank);
            var winners = says.Where(said => said.Rank == rank).ToList();
            var value = winners[0].Module.Assigned[setting];
            foreach (var other in winners.Skip(1))
                if (!Equals(other.Module.Assigned[setting], value))
                    problems.Add(new Problem(
                        $"{first.Module.Label}.{setting} is set to {Show(value)} and to {Show(other.Module.Assigned[setting])}"
                            + (rank == Rank.Own ? "." : $", both at the rank {rank}."),
                        rank < Rank.Force ? "Take one of them away, or say which one wins with Force." : "Take one of them away.")
                    {
                        Where = winners[0].Where,
                        Also = [other.Where],
                        Host = host,
                        Setting = setting,
                    });
            if (winners[0].Where != first.Where)
                elsewhere[setting] = winners[0].Where;
            type.GetProperty(setting, BindingFlags.Public | BindingFlags.Instance)!.SetValue(settled, value);
        }
        return new SettledModule(settled, first.Where) { Elsewhere = elsewhere };
    }

    private static string Show(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        _ => value.ToString() ?? "",
    };
}

/// <summary>Finds settings whose accessor does not record that it was used.</summary>
internal static class Unrecorded
{
    public static IEnumerable<string> Of(Module module)
    {
        foreach (var property in module.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
        {
            if (property.SetMethod is null || property.GetIndexParameters().Length > 0)
                continue;
            var probe = module.Copy();
            try
            {
                property.SetValue(probe, property.GetValue(probe));
            }
            catch (TargetInvocationException)
            {
                continue; // An accessor that refuses a value is one that somebody wrote with care.
            }
            if (!probe.Assigned.ContainsKey(property.Name))
                yield return property.Name;
        }
    }
}
