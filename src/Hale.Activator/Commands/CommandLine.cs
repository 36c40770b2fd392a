using System.Globalization;
using Hale.Activator.Data;
using Hale.Store.Closure;

namespace Hale.Activator.Commands;

/// <summary>A verb and its options, read by hand: the activator starts often and must start fast.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Options">Values of options by name; a flag has the empty value.</param>
internal sealed record CommandLine(string Verb, IReadOnlyDictionary<string, string> Options)
{
    internal const string Usage = """
        usage: hale-activator VERB [--root DIR]
          missing                                             stdin: store paths; stdout: those not here
          receive [--replace]                                 stdin: a transfer stream; takes anew what is here
          plan --manifest FILE|- [DATA]                       what activation would do
          activate --system PATH [--if-system PATH|none] [--revision R] [--mode switch|test|boot] [--drift careful|refuse|overwrite|keep] [SWITCHING]
          rollback [--to N] [SWITCHING]                       to an earlier generation
          confirm --token T [--hold|--decline]                somebody reaches the machine: the switch may stay, waits on, or goes back
          outcome --token T                                   how that switch ended, once it has
          generations | status                                what the machine has and is in
          diff --from N [--to N]                              what going from one generation to another would do
          pin | unpin --generations N,…                       keeps generations from being collected
          delete --generations N,…                            forgets generations
          gc [--keep N] [--dry-run] [--wait] [--by WHO]       deletes what nothing needs
          history [--limit N]                                 what was done to the machine, newest first
          verify [--store] [--repair overwrite|keep] [--replaced PATH,…] [--by WHO]
                                                              what differs from the current system; puts it back
          check                                               runs the health checks
          recover                                             finishes or reverts what was interrupted
          secrets                                             puts secrets into memory, at boot or by hand
        SWITCHING: [--by WHO] [--any-os] [--no-rollback] [--confirm SECONDS --token T] [DATA] [--patience SECONDS]; for tests of crashes: [--die-at N | --halt-at N]
        --patience: how long a unit that sets no limit to its start or stop may take: 600
        DATA: [--restore-data] puts back a snapshot where the software needs it; [--adopt-data] says that the data are what it expects
        Output: JSON lines.
        Exit: 0 done or nothing to do, 1 refused, 2 usage, 3 went back, 4 could not go back, 6 at the next boot, 7 failed, 8 differs.
        """;

    private static readonly string[] Flags = ["--any-os", "--dry-run", "--wait", "--store", "--replace", "--no-rollback", "--hold", "--decline", "--restore-data", "--adopt-data"];
    private static readonly string[] Numbers = ["--to", "--from", "--keep", "--limit", "--confirm", "--patience", "--die-at", "--halt-at"];

    private static readonly string[] DataFlags = ["--restore-data", "--adopt-data"];
    private static readonly string[] Switching = ["--by", "--any-os", "--no-rollback", "--confirm", "--token", "--patience", "--die-at", "--halt-at", .. DataFlags];

    private static readonly Dictionary<string, string[]> Verbs = new(StringComparer.Ordinal)
    {
        ["missing"] = [],
        ["receive"] = ["--replace"],
        ["plan"] = ["--manifest", .. DataFlags],
        ["activate"] = ["--system", "--if-system", "--revision", "--mode", "--drift", .. Switching],
        ["rollback"] = ["--to", .. Switching],
        ["confirm"] = ["--token", "--hold", "--decline"],
        ["outcome"] = ["--token"],
        ["generations"] = [],
        ["status"] = [],
        ["diff"] = ["--from", "--to"],
        ["pin"] = ["--generations", "--by"],
        ["unpin"] = ["--generations", "--by"],
        ["delete"] = ["--generations", "--by"],
        ["gc"] = ["--keep", "--dry-run", "--wait", "--by"],
        ["history"] = ["--limit"],
        ["verify"] = ["--store", "--repair", "--replaced", "--by"],
        ["check"] = [],
        ["recover"] = ["--patience"],
        ["secrets"] = [],
    };

    private static readonly Dictionary<string, string> Required = new(StringComparer.Ordinal)
    {
        ["plan"] = "--manifest",
        ["activate"] = "--system",
        ["diff"] = "--from",
        ["confirm"] = "--token",
        ["outcome"] = "--token",
        ["pin"] = "--generations",
        ["unpin"] = "--generations",
        ["delete"] = "--generations",
    };

    internal string Root => Options.GetValueOrDefault("--root", "/");

    internal bool AnyOs => Has("--any-os");

    internal string By => Options.GetValueOrDefault("--by", "");

    internal bool Has(string flag) => Options.ContainsKey(flag);

    /// <summary>The number an option gives; null where it is not there.</summary>
    internal int? Number(string option) => Options.TryGetValue(option, out var text) ? Parsed(text) : null;

    /// <summary>The numbers of <c>--generations</c>.</summary>
    internal IReadOnlyList<int> Generations => [.. Options["--generations"].Split(',').Select(text => Parsed(text)!.Value).Distinct().Order()];

    /// <returns>What was asked, or null and what is wrong with it.</returns>
    internal static (CommandLine? Asked, string Wrong) Parse(IReadOnlyList<string> args)
    {
        if (args.Count == 0 || !Verbs.TryGetValue(args[0], out var known))
            return (null, args.Count == 0 ? "no verb" : $"unknown verb '{args[0]}'");
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 1; i < args.Count; i++)
        {
            var name = args[i];
            if (name != "--root" && !known.Contains(name))
                return (null, $"{args[0]} has no option '{name}'");
            var flag = Flags.Contains(name);
            if (!flag && i + 1 == args.Count)
                return (null, $"{name} needs a value");
            if (!options.TryAdd(name, flag ? "" : args[++i]))
                return (null, $"{name} is given twice");
        }

        foreach (var option in Numbers)
            if (options.TryGetValue(option, out var text) && Parsed(text) is null)
                return (null, $"{option} '{text}' is not a {(option is "--to" or "--from" ? "generation's " : "")}number");
        if (options.TryGetValue("--generations", out var list) && list.Split(',').Any(text => Parsed(text) is null))
            return (null, $"--generations '{list}' is not a list of generations' numbers");
        if (options.TryGetValue("--repair", out var repair) && repair is not ("overwrite" or "keep"))
            return (null, $"--repair '{repair}' is neither overwrite nor keep");
        if (options.TryGetValue("--drift", out var drift) && Policy(drift) is null)
            return (null, $"--drift '{drift}' is none of careful, refuse, overwrite and keep");
        if (options.TryGetValue("--mode", out var mode) && Way(mode) is null)
            return (null, $"--mode '{mode}' is none of switch, test and boot");
        if (Required.TryGetValue(args[0], out var required) && !options.ContainsKey(required))
            return (null, $"{args[0]} needs {required}");
        return (new CommandLine(args[0], options), "");
    }

    /// <summary>What was said about the data of services.</summary>
    internal DataChoices Data => new(Has("--restore-data"), Has("--adopt-data"));

    /// <summary>What to do with what was changed by hand.</summary>
    internal DriftPolicy Drift => Options.TryGetValue("--drift", out var said) ? Policy(said)!.Value : DriftPolicy.Careful;

    /// <summary>When the machine follows.</summary>
    internal SwitchMode Mode => Options.TryGetValue("--mode", out var said) ? Way(said)!.Value : SwitchMode.Switch;

    // By hand: to find out what an enumeration's members are called takes four milliseconds.
    private static SwitchMode? Way(string text) => text switch
    {
        "switch" => SwitchMode.Switch,
        "test" => SwitchMode.Test,
        "boot" => SwitchMode.Boot,
        _ => null,
    };

    private static DriftPolicy? Policy(string text) => text switch
    {
        "careful" => DriftPolicy.Careful,
        "refuse" => DriftPolicy.Refuse,
        "overwrite" => DriftPolicy.Overwrite,
        "keep" => DriftPolicy.Keep,
        _ => null,
    };

    private static int? Parsed(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
