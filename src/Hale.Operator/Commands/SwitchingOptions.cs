using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Hale.Operator.Deploy;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary>The options of the verbs that switch a machine: how far, and what makes it go back.</summary>
internal sealed class SwitchingOptions
{
    private const int LongestWindow = 3600;

    private readonly Option<SwitchMode>? mode;

    private readonly Option<bool> noRollback = new("--no-rollback")
    {
        Description = "Leave the machine in a system that failed, for you to look at; its next boot is the one before.",
    };

    private readonly Option<TimeSpan> confirm = new("--confirm")
    {
        Description = "How many seconds the machine waits to be reached over a new connection before it goes back by itself; 0 waits for nobody. 30 where not said.",
        HelpName = "SECONDS",
        CustomParser = Seconds,
        DefaultValueFactory = _ => SwitchOptions.UsualWindow,
    };

    private readonly Option<bool> restoreData = new("--restore-data")
    {
        Description = "Where an older version cannot read today's data, put back the snapshot from before the upgrade; today's are kept with the generation that is left.",
    };

    private readonly Option<bool> adoptData = new("--adopt-data")
    {
        Description = "Take the data that lie on the machine for what is declared, although nothing there says by what they were made.",
    };

    private SwitchingOptions(bool modes) => mode = !modes ? null : new("--mode")
    {
        Description = "switch: now and at the next boot, the usual; test: only now; boot: only at the next boot.",
        HelpName = "MODE",
        CustomParser = Mode,
    };

    /// <summary>Adds them to a verb.</summary>
    public static SwitchingOptions AddTo(Verb verb, bool modes = true)
    {
        var options = new SwitchingOptions(modes);
        if (options.mode is not null)
        {
            options.mode.CompletionSources.Add(_ => Enum.GetNames<SwitchMode>().Select(name => new System.CommandLine.Completions.CompletionItem(name.ToLowerInvariant())));
            verb.Add(options.mode);
        }
        verb.Add(options.confirm);
        verb.Add(options.noRollback);
        options.AddData(verb);
        return options;
    }

    /// <summary>Adds those about data alone, to a verb that only plans.</summary>
    public static SwitchingOptions AddDataTo(Verb verb)
    {
        var options = new SwitchingOptions(modes: false);
        options.AddData(verb);
        return options;
    }

    private void AddData(Verb verb)
    {
        verb.Add(restoreData);
        verb.Add(adoptData);
    }

    /// <summary>What was said about data.</summary>
    public SwitchOptions DataOf(ParseResult parsed) => new() { RestoreData = parsed.GetValue(restoreData), AdoptData = parsed.GetValue(adoptData) };

    /// <summary>What was said.</summary>
    public SwitchOptions Of(ParseResult parsed) => DataOf(parsed) with
    {
        Mode = mode is null ? SwitchMode.Switch : parsed.GetValue(mode),
        NoRollback = parsed.GetValue(noRollback),
        Window = parsed.GetValue(confirm),
    };

    private static SwitchMode Mode(ArgumentResult result)
    {
        var said = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (Enum.TryParse<SwitchMode>(said, ignoreCase: true, out var mode) && said.All(char.IsAsciiLetter))
            return mode;
        result.AddError($"\"{said}\" is not a mode: say switch, test or boot.");
        return SwitchMode.Switch;
    }

    private static TimeSpan Seconds(ArgumentResult result)
    {
        var said = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (int.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= LongestWindow)
            return TimeSpan.FromSeconds(seconds);
        result.AddError($"\"{said}\" is not a number of seconds from 0 to {LongestWindow}.");
        return SwitchOptions.UsualWindow;
    }
}
