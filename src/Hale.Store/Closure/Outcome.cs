using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>How a command about a machine ends. Failure is never success: each has its exit code, <see cref="Outcomes.ExitCode"/>.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Outcome>))]
public enum Outcome
{
    /// <summary>The machine is in the new generation and healthy: 0.</summary>
    Done,

    /// <summary>The machine was in that system already; nothing was touched: 0.</summary>
    Nothing,

    /// <summary>Refused before anything was touched: 1.</summary>
    Refused,

    /// <summary>The new generation failed and the machine went back by itself: 3.</summary>
    RolledBack,

    /// <summary>The new generation failed and so did going back: 4.</summary>
    RollbackFailed,

    /// <summary>Done, but something counts only after a reboot: 6.</summary>
    NeedsReboot,

    /// <summary>Something failed after the first step; the errors say what, and the generation where the machine is: 7.</summary>
    Failed,

    /// <summary>The machine differs from what was declared, and was left so: 8.</summary>
    Drifted,
}

/// <summary>Exit codes of outcomes.</summary>
public static class Outcomes
{
    /// <summary>The process exit code of an outcome, the same for the activator and the operator's commands (2 is usage, 5 a machine out of reach).</summary>
    /// <param name="outcome">The outcome.</param>
    /// <returns>0 to 8.</returns>
    public static int ExitCode(this Outcome outcome) => outcome switch
    {
        Outcome.Done or Outcome.Nothing => 0,
        Outcome.Refused => 1,
        Outcome.RolledBack => 3,
        Outcome.RollbackFailed => 4,
        Outcome.NeedsReboot => 6,
        Outcome.Drifted => 8,
        _ => 7,
    };
}
