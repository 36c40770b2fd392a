namespace Hale.Activator.Commands;

/// <summary>A verb and its options, read by hand: the activator starts often and must start fast.</summary>
/// <param name="Verb">The verb.</param>
/// <param name="Options">Values of options by name; a flag has the empty value.</param>
internal sealed record CommandLine(string Verb, IReadOnlyDictionary<string, string> Options)
{
    internal const string Usage = """
        usage: hale-activator VERB [--root DIR]
          missing                                             stdin: store paths; stdout: those not here
          receive                                             stdin: a transfer stream
          plan --manifest FILE|-                              what activation would do
          activate --system PATH [--revision R] [--by WHO] [--any-os]
          rollback [--to N] [--by WHO] [--any-os]             back to an earlier generation
          generations | status                                what the machine has and is in
          check                                               runs the health checks
          recover                                             finishes or reverts what was interrupted
        Output: JSON lines. Exit: 0 done or nothing to do, 1 refused, 2 usage, 7 failed.
        """;

    private const string Flag = "--any-os";

    private static readonly Dictionary<string, string[]> Verbs = new(StringComparer.Ordinal)
    {
        ["missing"] = [],
        ["receive"] = [],
        ["plan"] = ["--manifest"],
        ["activate"] = ["--system", "--revision", "--by", Flag],
        ["rollback"] = ["--to", "--by", Flag],
        ["generations"] = [],
        ["status"] = [],
        ["check"] = [],
        ["recover"] = [],
    };

    private static readonly Dictionary<string, string> Required =
        new(StringComparer.Ordinal) { ["plan"] = "--manifest", ["activate"] = "--system" };

    internal string Root => Options.GetValueOrDefault("--root", "/");

    internal bool AnyOs => Options.ContainsKey(Flag);

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
            if (name != Flag && i + 1 == args.Count)
                return (null, $"{name} needs a value");
            if (!options.TryAdd(name, name == Flag ? "" : args[++i]))
                return (null, $"{name} is given twice");
        }

        if (options.TryGetValue("--to", out var to) && !int.TryParse(to, out _))
            return (null, $"--to '{to}' is not a generation's number");
        if (Required.TryGetValue(args[0], out var required) && !options.ContainsKey(required))
            return (null, $"{args[0]} needs {required}");
        return (new CommandLine(args[0], options), "");
    }
}
