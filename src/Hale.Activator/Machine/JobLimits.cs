using Hale.Activator.Plan;

namespace Hale.Activator.Machine;

/// <summary>
/// How long jobs may take by what units say: those that are asked for, and those that these pull along, for what is started may wait for a migration
/// that only it requires, and what is stopped for what uses it. Pure, but for the question to systemctl.
/// </summary>
internal static class JobLimits
{
    private static readonly string[] Starts = ["Requires", "Requisite", "BindsTo", "Wants", "Upholds"];
    private static readonly string[] Stops = ["RequiredBy", "BoundBy", "ConsistsOf", "PropagatesStopTo"];

    /// <param name="verb">What is done to the units.</param>
    /// <param name="units">The units.</param>
    /// <param name="patience">What there is in any case.</param>
    /// <param name="show">Answers as <c>systemctl show</c> does for properties and units; the empty text where it could not.</param>
    internal static TimeSpan Sum(UnitVerb verb, IReadOnlyList<string> units, TimeSpan patience, Func<string, IReadOnlyList<string>, string> show)
    {
        var limit = patience;
        if (verb is not UnitVerb.Stop)
            limit += Of("TimeoutStartUSec", Starts, idle: "active", units, show);
        if (verb is UnitVerb.Stop or UnitVerb.Restart)
            limit += Of("TimeoutStopUSec", Stops, idle: "inactive", units, show);
        return limit;
    }

    /// <summary>All of them together, for one may wait for the other. What is already as it is to be has no job, and pulls nothing.</summary>
    private static TimeSpan Of(string property, string[] pulls, string idle, IReadOnlyList<string> units, Func<string, IReadOnlyList<string>, string> show)
    {
        var properties = string.Join(',', [.. pulls, "LoadState", "ActiveState", property, "TimeoutUSec"]);
        var sum = TimeSpan.Zero;
        var known = new HashSet<string>(units, StringComparer.Ordinal);
        for (var asked = units; asked.Count > 0;)
        {
            var pulled = new List<string>();
            foreach (var block in show(properties, asked).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
            {
                var lines = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                if (asked != units && (Value(lines, "ActiveState") == idle || Value(lines, "LoadState") != "loaded"))
                    continue;
                // A unit of most types has the one, a mount, socket or swap the other, for its start and its stop.
                sum += TimeText.Read(Value(lines, property)) ?? TimeText.Read(Value(lines, "TimeoutUSec")) ?? TimeSpan.Zero;
                foreach (var pull in pulls)
                    foreach (var name in Value(lines, pull).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                        if (known.Add(name))
                            pulled.Add(name);
            }

            asked = pulled;
        }

        return sum;
    }

    private static string Value(string[] lines, string property)
    {
        foreach (var line in lines)
            if (line.Length > property.Length && line[property.Length] == '=' && line.StartsWith(property, StringComparison.Ordinal))
                return line[(property.Length + 1)..];
        return "";
    }
}
