using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Closure;

/// <summary>
/// What one system closure makes of a machine: the content of its <c>manifest.json</c>. The operator writes it,
/// the activator reads it; a plan is a pure function of two of these. Lists are sorted by name, so that the
/// same system gives the same bytes.
/// </summary>
public sealed record SystemManifest
{
    /// <summary>The version this code writes. A reader refuses a higher one.</summary>
    public const int CurrentVersion = 3;

    /// <summary>The format's version; read before anything else.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The machine's name, as declared.</summary>
    public required string Host { get; init; }

    /// <summary>Debian's name of the architecture: <c>amd64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The git revision the system was declared in, with <c>-dirty</c> where files differ; null outside git.</summary>
    public string? Revision { get; init; }

    /// <summary>Units, linked below <c>/etc/systemd/system</c>.</summary>
    public IReadOnlyList<ManifestUnit> Units { get; init; } = [];

    /// <summary>Files and folders, linked at their absolute paths below <c>/etc</c>; sysusers.d and tmpfiles.d among them.</summary>
    public IReadOnlyList<ManifestFile> Files { get; init; } = [];

    /// <summary>Store path of the folder with the encrypted sops files that <see cref="Secrets"/> name; null where none does.</summary>
    public string? Sealed { get; init; }

    /// <summary>Secrets that lie in memory before any unit starts.</summary>
    public IReadOnlyList<ManifestSecret> Secrets { get; init; } = [];

    /// <summary>Files with secrets in them, put together in memory.</summary>
    public IReadOnlyList<ManifestTemplate> Templates { get; init; } = [];

    /// <summary>The data that its services keep.</summary>
    public IReadOnlyList<ManifestState> State { get; init; } = [];

    /// <summary>What must answer after activation.</summary>
    public IReadOnlyList<ManifestCheck> Checks { get; init; } = [];

    /// <summary>Ports open to other machines, for the plan: <c>443/tcp</c>.</summary>
    public IReadOnlyList<string> Ports { get; init; } = [];

    /// <summary>Packages and their versions, for the plan: <c>caddy/caddy</c> to <c>2.6.2-12</c>.</summary>
    public IReadOnlyDictionary<string, string> Packages { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Each unit and file with its absolute path on the machine and the store path of its content.</summary>
    public IEnumerable<(string Place, string Path)> Contents() =>
        Units.Select(unit => ($"/etc/systemd/system/{unit.Name}", unit.Path)).Concat(Files.Select(file => (file.Target, file.Path)));
}

/// <summary>What activation does with a running unit whose file or restart trigger changed.</summary>
public enum OnChange
{
    /// <summary>Restart in one job: the default.</summary>
    Restart,

    /// <summary>Reload instead of restart (the unit has an ExecReload).</summary>
    Reload,

    /// <summary>Stop before the switch, start after it: for units whose old files must be there to stop them.</summary>
    StopStart,

    /// <summary>Leave the running process alone; the new file counts from the next start.</summary>
    Keep,
}

/// <summary>One systemd unit of a system.</summary>
public sealed record ManifestUnit
{
    /// <summary>The unit's full name, with its suffix: <c>caddy.service</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Store path of the unit file itself; a different path is a changed unit.</summary>
    public required string Path { get; init; }

    /// <summary>Targets that want it: <c>multi-user.target</c>. Empty for a unit that something else starts.</summary>
    public IReadOnlyList<string> WantedBy { get; init; } = [];

    /// <summary>What to do when it changes while it runs.</summary>
    public OnChange OnChange { get; init; }

    /// <summary>Store paths whose change reloads the unit, as long as nothing restarts it.</summary>
    public IReadOnlyList<string> ReloadTriggers { get; init; } = [];

    /// <summary>Store paths whose change restarts the unit although its file is the same.</summary>
    public IReadOnlyList<string> RestartTriggers { get; init; } = [];

    /// <summary>What the unit is handed as credentials, by its name below <c>/run/secrets</c>: a secret's name, or <c>rendered/TEMPLATE</c>.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];
}

/// <summary>One file or folder outside the store that is a link into it.</summary>
public sealed record ManifestFile
{
    /// <summary>The absolute path on the machine, below <c>/etc</c>.</summary>
    public required string Target { get; init; }

    /// <summary>Store path it stands for.</summary>
    public required string Path { get; init; }
}

/// <summary>The kinds of health check.</summary>
public enum CheckKind
{
    /// <summary>The unit <see cref="ManifestCheck.Unit"/> is active.</summary>
    Unit,

    /// <summary><see cref="ManifestCheck.Address"/> (host:port) accepts a connection.</summary>
    Tcp,

    /// <summary><see cref="ManifestCheck.Address"/> (a URL) answers with <see cref="ManifestCheck.Status"/>.</summary>
    Http,

    /// <summary>The program <see cref="ManifestCheck.Address"/> (a store path) ends with 0, run by root.</summary>
    Command,
}

/// <summary>A health check, run on the machine after activation until it passes or its limit is over.</summary>
public sealed record ManifestCheck
{
    /// <summary>What a person calls it: <c>Synapse answers</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its kind.</summary>
    public required CheckKind Kind { get; init; }

    /// <summary>The unit it speaks for, whose journal explains a failure.</summary>
    public required string Unit { get; init; }

    /// <summary>host:port for <see cref="CheckKind.Tcp"/>, a URL for <see cref="CheckKind.Http"/>, a store path for <see cref="CheckKind.Command"/>.</summary>
    public string Address { get; init; } = "";

    /// <summary>The Host header to send, where it is not the URL's.</summary>
    public string HostHeader { get; init; } = "";

    /// <summary>The status an HTTP check expects.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Text the answer must contain; empty asks for none.</summary>
    public string Contains { get; init; } = "";

    /// <summary>Seconds it may take until the first pass, 1 to 3600.</summary>
    public int LimitSeconds { get; init; } = 60;

    /// <summary>Milliseconds between two tries, 100 to 3600000.</summary>
    public int IntervalMilliseconds { get; init; } = 200;

    /// <summary>Whether the machine goes back without it; one that is only wanted gives a warning.</summary>
    public bool Required { get; init; } = true;
}

/// <summary>JSON of the records that the operator and the activator share.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SystemManifest))]
public sealed partial class ManifestJson : JsonSerializerContext;
