using System.Globalization;

namespace Hale.Lab;

/// <summary>What systemd says of a unit (org.freedesktop.systemd1(5)).</summary>
/// <param name="Unit">The unit, as it was asked for.</param>
/// <param name="LoadState"><c>loaded</c>, <c>not-found</c>, <c>bad-setting</c>, <c>masked</c>, …</param>
/// <param name="ActiveState">
/// <c>active</c>, <c>reloading</c>, <c>inactive</c>, <c>failed</c>, <c>activating</c>, <c>deactivating</c>.
/// </param>
/// <param name="SubState">
/// The same in the words of the unit's type: <c>running</c>, <c>exited</c>, <c>auto-restart</c>, <c>listening</c>, …
/// </param>
/// <param name="Result">
/// How its last run ended: <c>success</c>, <c>exit-code</c>, <c>signal</c>, <c>timeout</c>, …; empty for types that have none.
/// </param>
/// <param name="MainProcessId">The process id of a service on the machine; 0 where there is none.</param>
/// <param name="InvocationId">Another after each start; empty where it was never started.</param>
/// <param name="Restarts">How often systemd restarted a service by itself.</param>
/// <param name="Jobs">How many jobs the machine's systemd has queued, of any unit.</param>
public sealed record UnitState(
    string Unit, string LoadState, string ActiveState, string SubState, string Result,
    int MainProcessId, string InvocationId, int Restarts, int Jobs)
{
    /// <summary>The properties that are asked for.</summary>
    internal const string Properties = "LoadState,ActiveState,SubState,Result,MainPID,InvocationID,NRestarts,NJobs";

    /// <summary>Whether the unit runs, or has done what it is for.</summary>
    public bool IsActive => ActiveState is "active" or "reloading";

    /// <summary>The state in a few words, for messages: <c>failed (failed, exit-code)</c>.</summary>
    public string Describe() => LoadState == "loaded"
        ? $"{ActiveState} ({string.Join(", ", new[] { SubState, Result }.Where(word => word.Length > 0))})"
        : $"{ActiveState} ({LoadState})";

    /// <summary>Reads the lines of <c>systemctl show</c>.</summary>
    internal static UnitState Parse(string unit, string shown)
    {
        var values = shown.Split('\n')
            .Select(line => line.Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        string Text(string name) => values.GetValueOrDefault(name, "");
        int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

        return new UnitState(
            unit, Text("LoadState"), Text("ActiveState"), Text("SubState"), Text("Result"),
            Number("MainPID"), Text("InvocationID"), Number("NRestarts"), Number("NJobs"));
    }
}
