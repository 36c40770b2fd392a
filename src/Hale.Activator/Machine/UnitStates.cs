using System.Globalization;
using System.Text;
using Hale.Activator.Plan;
using Hale.Store;

namespace Hale.Activator.Machine;

/// <summary>The states of units, as systemd's own objects tell them: org.freedesktop.systemd1(5).</summary>
internal static class UnitStates
{
    private const string Root = "/org/freedesktop/systemd1";
    private const string Bus = "org.freedesktop.systemd1.";
    private const string Properties = "org.freedesktop.DBus.Properties";

    /// <summary>Their answers lie in systemd's memory until they are read: 100 KB for 25 units.</summary>
    private const int AtOnce = 500;

    /// <summary>What the objects of a kind know beside what all units do; a kind that is not here has none of it.</summary>
    private static readonly Dictionary<string, string[]> Own = new(StringComparer.Ordinal)
    {
        ["service"] = ["Type", "Result", "NRestarts", "ReloadResult", "ExecMainStartTimestamp"],
        ["mount"] = ["Result"],
        ["automount"] = ["Result"],
        ["path"] = ["Result"],
        ["scope"] = ["Result"],
        ["socket"] = ["Result"],
        ["swap"] = ["Result"],
        ["timer"] = ["Result"],
    };

    /// <summary>
    /// The states of units by every name they have; a pattern stands for the loaded ones. What systemd does not take for a unit's name has
    /// none: one such name keeps nobody from knowing of the others.
    /// </summary>
    /// <exception cref="UserError">systemd does not answer.</exception>
    internal static Dictionary<string, UnitState> Of(IReadOnlyList<string> units, string address = SystemdBus.Address)
    {
        var states = new Dictionary<string, UnitState>(StringComparer.Ordinal);
        var patterns = units.Where(IsPattern).ToList();
        List<string> names = [.. units.Where(unit => !IsPattern(unit)), .. patterns.Count == 0 ? [] : Loaded(patterns, address)];
        foreach (var some in names.Distinct(StringComparer.Ordinal).Chunk(AtOnce))
            Add(states, some, address);
        return states;
    }

    private static bool IsPattern(string unit) => unit.Contains('*', StringComparison.Ordinal);

    private static List<string> Loaded(List<string> patterns, string address)
    {
        var answer = SystemdBus.Ask([new BusCall(Root, $"{Bus}Manager", "ListUnitsByPatterns", [], [], patterns)], address)[0];
        if (answer.Error is not null)
            throw new UserError($"systemd does not tell which units of {string.Join(", ", patterns)} there are: {answer.Error}", "") { ExitCode = 7 };
        var reader = new BusReader(answer.Body);
        var names = new List<string>();
        for (var end = reader.Array(8); reader.At < end;)
        {
            reader.Align(8);
            names.Add(reader.Text());
            reader.Skip("sssssouso");
        }

        return names;
    }

    private static void Add(Dictionary<string, UnitState> states, string[] units, string address)
    {
        var calls = new List<BusCall>();
        foreach (var unit in units)
        {
            var (path, kind) = ($"{Root}/unit/{Label(unit)}", UnitPlanner.Kind(unit));
            calls.Add(new BusCall(path, Properties, "GetAll", [$"{Bus}Unit"]));
            foreach (var property in OfKind(kind))
                calls.Add(new BusCall(path, Properties, "Get", [$"{Bus}{char.ToUpperInvariant(kind[0])}{kind[1..]}", property]));
        }

        var answers = SystemdBus.Ask(calls, address);
        var next = 0;
        foreach (var unit in units)
        {
            var common = answers[next++];
            var (names, state) = common.Error is null ? Common(common.Body) : ([], UnitState.Unknown);
            foreach (var property in OfKind(UnitPlanner.Kind(unit)))
                if (answers[next++] is { Error: null } own)
                    state = With(state, property, own.Body);
            foreach (var name in names)
                states[name] = state;
        }
    }

    private static string[] OfKind(string kind) => Own.GetValueOrDefault(kind, []);

    private static (List<string> Names, UnitState State) Common(byte[] properties)
    {
        var reader = new BusReader(properties);
        var (names, state, tested, held) = (new List<string>(), UnitState.Unknown, false, true);
        for (var end = reader.Array(8); reader.At < end;)
        {
            reader.Align(8);
            var (property, type) = (reader.Text(), reader.Signature());
            switch (property)
            {
                case "Names":
                    names = reader.Texts();
                    break;
                case "ActiveState":
                    state = state with { Active = reader.Text() };
                    break;
                case "SubState":
                    state = state with { Sub = reader.Text() };
                    break;
                case "FreezerState":
                    // Also on its way there.
                    state = state with { Frozen = reader.Text().StartsWith("fr", StringComparison.Ordinal) };
                    break;
                case "NeedDaemonReload":
                    state = state with { Stale = reader.Flag() };
                    break;
                case "InvocationID":
                    state = state with { Invocation = Convert.ToHexStringLower(reader.Bytes()) };
                    break;
                case "ConditionResult":
                    held = reader.Flag();
                    break;
                case "ConditionTimestampMonotonic":
                    tested = reader.Long() != 0;
                    break;
                case "ActiveEnterTimestamp":
                    state = state with { Started = Seconds(reader.Long()) };
                    break;
                case "Job":
                    reader.Align(8);
                    state = state with { Queued = reader.Number() != 0 };
                    reader.Skip("o");
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return (names, state with { Skipped = tested && !held });
    }

    private static UnitState With(UnitState state, string property, byte[] variant)
    {
        var reader = new BusReader(variant);
        reader.Signature();
        return property switch
        {
            "Type" => state with { Type = reader.Text() },
            "Result" => state with { Result = reader.Text() },
            "ReloadResult" => state with { ReloadResult = reader.Text() },
            "NRestarts" => state with { Restarts = (int)reader.Number() },
            _ => Seconds(reader.Long()) is { } started ? state with { Started = started } : state,
        };
    }

    /// <summary>Of microseconds after the epoch; null for never.</summary>
    private static long? Seconds(ulong time) => time > 0 ? (long)(time / 1_000_000) : null;

    /// <summary>A unit's name as the last part of its object's path: what is no letter or digit is told by its number, a first digit too.</summary>
    internal static string Label(string unit)
    {
        var label = new StringBuilder(unit.Length + 8);
        foreach (var c in unit)
            _ = char.IsAsciiLetter(c) || (label.Length > 0 && char.IsAsciiDigit(c))
                ? label.Append(c) : label.Append('_').Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
        return label.ToString();
    }
}
