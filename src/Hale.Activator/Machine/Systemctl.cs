using Hale.Activator.Plan;
using Hale.Store;

namespace Hale.Activator.Machine;

/// <summary>
/// systemd through its own programs; only states, which are asked for most, are asked of it directly. Nothing is waited for without end,
/// or what hangs would keep a machine from going back: jobs may take as long as their units say, and those of units that set no limit
/// have <paramref name="patience"/>.
/// </summary>
/// <param name="patience">For a unit without a limit, for systemd itself, and beyond what units say.</param>
/// <param name="clock">The machine's clocks.</param>
internal sealed class Systemctl(TimeSpan patience, TimeProvider clock) : ISystemd
{
    /// <summary>How long a unit without a limit of its own may take, unless the caller says otherwise.</summary>
    internal static readonly TimeSpan DefaultPatience = TimeSpan.FromMinutes(10);

    /// <summary>tmpfiles' exit codes for "some lines could not be done", such as an attribute that this file system lacks; the lines are on stderr.</summary>
    private const int SomeLinesNotDone = 73;

    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(30);

    public IReadOnlyDictionary<string, UnitState> States(IReadOnlyList<string> units) => UnitStates.Of(units, clock);

    public void Reread() => Must("systemctl", ["daemon-reload"], patience);

    public string? Run(UnitVerb verb, IReadOnlyList<string> units) => Run(verb, units, Reconnection.Most);

    private string? Run(UnitVerb verb, IReadOnlyList<string> units, int tries)
    {
        if (units.Count == 0)
            return null;
        var before = verb is UnitVerb.Start or UnitVerb.Restart ? States(units) : null;
        var word = verb == UnitVerb.Forget ? "reset-failed" : verb.ToString().ToLowerInvariant();
        var (code, _, said) = Programs.Run("systemctl", [word, "--", .. units], Limit(verb, units));
        if (code == Programs.TookTooLong && verb == UnitVerb.Stop)
        {
            // What systemd does to those that have a limit.
            Programs.Run("systemctl", ["kill", "--signal=SIGKILL", "--", .. units], AfterKill);
            (code, _, said) = Programs.Run("systemctl", [word, "--", .. units], AfterKill);
        }

        if (tries > 0 && Reconnection.IsLost(code, said))
        {
            var now = Reconnection.Await(this, units, Limit(verb, units), clock);
            var unheard = units.Where(unit => Reconnection.IsUnheard(verb, Reconnection.State(before ?? now, unit), Reconnection.State(now, unit))).ToList();
            return Run(verb, unheard, tries - 1)
                ?? (units.Except(unheard).Any(unit => Reconnection.HasFailed(verb, Reconnection.State(now, unit))) ? said.Trim() : null);
        }

        // A unit whose failure is already forgotten is as it should be.
        return code == 0 || verb == UnitVerb.Forget ? null : said.Trim();
    }

    private TimeSpan Limit(UnitVerb verb, IReadOnlyList<string> units) => JobLimits.Sum(verb, units, patience, Show);

    private string Show(string properties, IReadOnlyList<string> units)
    {
        var (code, text, _) = Reconnection.Ask(["show", "--no-pager", $"--property={properties}", "--", .. units], patience, clock);
        return code == 0 ? text : "";
    }

    public void ResumeBoot(IReadOnlyList<string> due) => Must("systemctl", ["start", "--no-block", "--", "default.target", .. due]);

    public IReadOnlyList<string> Journal(string unit, int lines)
    {
        _ = Programs.Run("journalctl", ["--sync"]);
        var (code, text, said) = Programs.Run("journalctl", ["--unit", unit, "--boot", "--lines", $"{lines}", "--output", "cat", "--no-pager", "--quiet"]);
        return (code == 0 ? text : said).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    public void MakeUsers(string file) => Must("systemd-sysusers", [file]);

    public void MakeFolders(string file)
    {
        var (code, _, said) = Programs.Run("systemd-tmpfiles", ["--create", file]);
        if (code is not 0)
            throw Failure(
                "systemd-tmpfiles", ["--create", file], code, said,
                code == SomeLinesNotDone ? "The lines above could not be made; is the disk full or read-only?" : "");
    }

    private string Must(string program, IReadOnlyList<string> arguments, TimeSpan? limit = null)
    {
        var (code, text, said) = program == "systemctl" ? Reconnection.Ask(arguments, limit, clock) : Programs.Run(program, arguments, limit);
        return code == 0 ? text : throw Failure(program, arguments, code, said, "");
    }

    private static UserError Failure(string program, IReadOnlyList<string> arguments, int code, string said, string hint) =>
        new($"{program} {string.Join(' ', arguments)} ended with {code}: {said.Trim()}", hint) { ExitCode = 7 };
}
