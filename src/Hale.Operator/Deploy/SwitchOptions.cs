using Hale.Store.Closure;

namespace Hale.Operator.Deploy;

/// <summary>How a machine is switched to another system.</summary>
public sealed record SwitchOptions
{
    /// <summary>How long a machine waits to be reached over a new connection, unless said otherwise.</summary>
    public static readonly TimeSpan UsualWindow = TimeSpan.FromSeconds(30);

    /// <summary>What of it changes now, and what at the next boot.</summary>
    public SwitchMode Mode { get; init; } = SwitchMode.Switch;

    /// <summary>Whether the machine stays in a system that failed, for a person to look at, until it reboots.</summary>
    public bool NoRollback { get; init; }

    /// <summary>How long the machine waits to be reached over a new connection before it goes back; zero waits for nobody.</summary>
    public TimeSpan Window { get; init; } = UsualWindow;

    /// <summary>Whether a snapshot of services' data takes their place where the software needs it: what was written since goes with the generation that is left.</summary>
    public bool RestoreData { get; init; }

    /// <summary>Whether the data that lie on the machine are what the system expects, although nothing there says so.</summary>
    public bool AdoptData { get; init; }

    /// <summary>The activator's options about data, which planning takes too.</summary>
    internal IEnumerable<string> DataArguments =>
    [
        .. RestoreData ? ["--restore-data"] : Array.Empty<string>(),
        .. AdoptData ? ["--adopt-data"] : Array.Empty<string>(),
    ];

    /// <summary>The activator's options.</summary>
    internal IEnumerable<string> Arguments =>
    [
        .. Mode == SwitchMode.Switch ? Array.Empty<string>() : ["--mode", Mode.ToString().ToLowerInvariant()],
        .. NoRollback ? ["--no-rollback"] : Array.Empty<string>(),
        .. DataArguments,
    ];
}
