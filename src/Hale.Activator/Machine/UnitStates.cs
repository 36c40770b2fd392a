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
    private const string Stale = "NeedDaemonReload";

    /// <summary>Their answers lie in systemd's memory until they are read: 100 KB for 25 units.</summary>
    private const int AtOnce = 500;

    /// <summary>
    /// What is asked of each loaded unit, beside what the list of all tells. Asking for everything that there is takes systemd five times as long, nearly all of
    /// it for <see cref="Stale"/>, which is asked where <see cref="UnitFiles"/> leave it open.
    /// </summary>
    private static readonly string[] OfAll =
    [
        "Names", "FreezerState", "InvocationID", "ConditionResult", "ConditionTimestampMonotonic", "ActiveEnterTimestamp", "FragmentPath", "SourcePath", "DropInPaths",
    ];

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
    internal static Dictionary<string, UnitState> Of(IReadOnlyList<string> units, TimeProvider clock, string address = SystemdBus.Address)
    {
        var states = new Dictionary<string, UnitState>(StringComparer.Ordinal);
        if (units.Count == 0)
            return states;
        var ask = (IReadOnlyList<BusCall> calls) => SystemdBus.Ask(calls, clock, address);
        var patterns = units.Where(IsPattern).ToList();
        List<string> names = [.. units.Where(unit => !IsPattern(unit)), .. patterns.Count == 0 ? [] : Matching(patterns, ask)];
        var (loaded, files) = Loaded(clock, ask);
        foreach (var some in names.Distinct(StringComparer.Ordinal).Chunk(AtOnce))
            Add(states, some, loaded, files, ask);
        return states;
    }

    private static bool IsPattern(string unit) => unit.Contains('*', StringComparison.Ordinal);

    private static List<string> Matching(List<string> patterns, Func<IReadOnlyList<BusCall>, BusReply[]> ask)
    {
        var answer = ask([new BusCall(Root, $"{Bus}Manager", "ListUnitsByPatterns", [], [], patterns)])[0];
        if (answer.Error is not null)
            throw new UserError($"systemd does not tell which units of {string.Join(", ", patterns)} there are: {answer.Error}", "") { ExitCode = 7 };
        return [.. Listed(answer.Body).Keys];
    }

    /// <summary>Every unit that systemd has loaded, by its first name, with what the list tells; and the files that it may have read them from.</summary>
    private static (Dictionary<string, UnitView> Units, UnitFiles Files) Loaded(TimeProvider clock, Func<IReadOnlyList<BusCall>, BusReply[]> ask)
    {
        var manager = (string property) => new BusCall(Root, Properties, "Get", [$"{Bus}Manager", property]);
        var answers = ask([new BusCall(Root, $"{Bus}Manager", "ListUnits", []), manager("UnitsLoadTimestamp"), manager("UnitsLoadTimestampMonotonic"), manager("UnitPath")]);
        return Array.Exists(answers, answer => answer.Error is not null) ? ([], UnitFiles.Unknown)
            : (Listed(answers[0].Body), UnitFiles.Since(Value(answers[1].Body).Long(), Value(answers[2].Body).Long(), Value(answers[3].Body).Texts(), clock));
    }

    private static Dictionary<string, UnitView> Listed(byte[] body)
    {
        var units = new Dictionary<string, UnitView>(StringComparer.Ordinal);
        var reader = new BusReader(body);
        for (var end = reader.Array(8); reader.At < end;)
        {
            reader.Align(8);
            var name = reader.Text();
            reader.Skip("ss");
            var view = new UnitView { Active = reader.Text(), Sub = reader.Text() };
            reader.Skip("so");
            view.Queued = reader.Number() != 0;
            reader.Skip("so");
            units[name] = view;
        }

        return units;
    }

    private static void Add(
        Dictionary<string, UnitState> states, string[] units, Dictionary<string, UnitView> loaded, UnitFiles files, Func<IReadOnlyList<BusCall>, BusReply[]> ask)
    {
        // What is not loaded would be for each question anew; a name that is another one of a loaded unit's is asked in the same way.
        var calls = new List<BusCall>();
        foreach (var unit in units)
        {
            var (path, kind) = ($"{Root}/unit/{Label(unit)}", UnitPlanner.Kind(unit));
            if (loaded.ContainsKey(unit))
                foreach (var property in OfAll)
                    calls.Add(new BusCall(path, Properties, "Get", [$"{Bus}Unit", property]));
            else
                calls.Add(new BusCall(path, Properties, "GetAll", [$"{Bus}Unit"]));
            foreach (var property in OfKind(kind))
                calls.Add(new BusCall(path, Properties, "Get", [$"{Bus}{char.ToUpperInvariant(kind[0])}{kind[1..]}", property]));
        }

        var answers = ask(calls);
        var next = 0;
        var open = new List<UnitView>();
        foreach (var unit in units)
        {
            var view = loaded.GetValueOrDefault(unit);
            if (view is not null)
            {
                foreach (var property in OfAll)
                    view.Take(property, answers[next++]);
                if (files.MayDiffer(view))
                    open.Add(view);
            }
            else
            {
                view = new UnitView();
                view.TakeAll(answers[next++]);
            }

            foreach (var property in OfKind(UnitPlanner.Kind(unit)))
                view.Take(property, answers[next++]);
            view.Path = $"{Root}/unit/{Label(unit)}";
            loaded[unit] = view;
        }

        var stale = open.Count == 0 ? [] : ask([.. open.Select(view => new BusCall(view.Path, Properties, "Get", [$"{Bus}Unit", Stale]))]);
        for (var i = 0; i < open.Count; i++)
            open[i].Take(Stale, stale[i]);
        foreach (var unit in units)
            foreach (var name in loaded[unit].Names)
                states[name] = loaded[unit].State();
    }

    private static string[] OfKind(string kind) => Own.GetValueOrDefault(kind, []);

    /// <summary>Enters a variant.</summary>
    internal static BusReader Value(byte[] variant)
    {
        var reader = new BusReader(variant);
        reader.Signature();
        return reader;
    }

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
