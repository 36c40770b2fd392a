using System.Globalization;
using Hale.Declare;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator.Deploy;

/// <summary>What a machine is, before anything is done to it: the answer of <c>preflight.sh</c>.</summary>
internal sealed record MachineFacts
{
    /// <summary>The number of the user we log in as; 0 is root.</summary>
    public int Uid { get; init; } = -1;

    /// <summary>Distribution and release: <c>debian 13</c>.</summary>
    public string Os { get; init; } = "";

    /// <summary>The distribution's own name of itself.</summary>
    public string OsName { get; init; } = "";

    /// <summary>The kernel's name of the architecture: <c>x86_64</c>.</summary>
    public string Architecture { get; init; } = "";

    /// <summary>Whether systemd is its init.</summary>
    public bool HasSystemd { get; init; }

    /// <summary>Bytes free where the store is or will be; null where df did not say.</summary>
    public long? Free { get; init; }

    /// <summary>How many more files and folders are possible there; null where the file system sets no limit.</summary>
    public long? FreeNames { get; init; }

    /// <summary>The system that it runs; null before the first activation.</summary>
    public string? System { get; init; }

    /// <summary>The encrypted files that count there today, whichever generation it is in; null where there are none.</summary>
    public string? Sealed { get; init; }

    /// <summary>The system that it is committed to: what its next boot comes up in; null before the first.</summary>
    public string? Boot { get; init; }

    /// <summary>The system that it runs, or else the one that it boots, whose manifest, activator and runtime are there to be asked; null for neither.</summary>
    public string? Whole { get; init; }

    /// <summary>Whether there is one to ask.</summary>
    public bool IsWhole => Whole is not null;

    /// <summary>Whether an activation was interrupted and not yet recovered.</summary>
    public bool IsInterrupted { get; init; }

    /// <summary>What <c>drift.sh</c> saw; null where it was not asked, or there is no system.</summary>
    public DriftFacts? Drift { get; init; }

    /// <summary>Programs that it lacks.</summary>
    public IReadOnlyList<string> Lacks { get; init; } = [];

    /// <summary>The store paths that were asked for and are there.</summary>
    public IReadOnlySet<string> Has { get; init; } = new HashSet<string>();

    /// <summary>Reads the answer; null where it is none.</summary>
    public static MachineFacts? Read(string answer)
    {
        var said = answer.Split('\n').Select(line => line.Split('\t', 2)).Where(parts => parts.Length == 2).ToLookup(
            parts => parts[0], parts => parts[1]);
        return !said.Contains("end") ? null : new MachineFacts
        {
            Uid = int.TryParse(One("uid"), NumberStyles.None, CultureInfo.InvariantCulture, out var uid) ? uid : -1,
            Os = One("os"),
            OsName = One("name"),
            Architecture = One("machine"),
            HasSystemd = One("systemd") == "yes",
            Free = long.TryParse(One("free"), NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib * 1024 : null,
            FreeNames = long.TryParse(One("names"), NumberStyles.None, CultureInfo.InvariantCulture, out var names) ? names : null,
            System = One("system") is { Length: > 0 } system ? system : null,
            Sealed = One("secrets") is { Length: > 0 } secrets ? secrets : null,
            Boot = One("boot") is { Length: > 0 } boot ? boot : null,
            Whole = One("whole") is { Length: > 0 } whole ? whole : null,
            IsInterrupted = One("interrupted") == "yes",
            Drift = DriftFacts.Read(said),
            Lacks = [.. said["lacks"]],
            Has = said["have"].ToHashSet(StringComparer.Ordinal),
        };

        string One(string key) => said[key].FirstOrDefault("").Trim();
    }

    /// <summary>The system that it runs, or else the one that it boots, whether it is whole or not.</summary>
    /// <param name="machine">What people call it.</param>
    /// <param name="host">The host's name.</param>
    /// <exception cref="UserError">It was never deployed to: 1.</exception>
    public string RequireDeployed(string machine, string host) =>
        System ?? Boot ?? throw new UserError($"Nothing was deployed to {machine} yet.", $"Deploy first: hale deploy {host}");

    /// <summary>The system whose activator can be asked.</summary>
    /// <inheritdoc cref="RequireDeployed" path="/param"/>
    /// <exception cref="UserError">It was never deployed to (1), or lacks something of its system (7).</exception>
    public string RequireWhole(string machine, string host)
    {
        var system = RequireDeployed(machine, host);
        return Whole ?? throw new UserError(
            $"{machine} is in {system}, and lacks its manifest, its activator or its runtime.",
            $"hale verify {host} --repair overwrite sends it anew, where this computer has it or builds it.")
        { ExitCode = Outcome.Failed.ExitCode() };
    }

    /// <summary>Refuses a machine that Hale does not deploy to.</summary>
    /// <exception cref="UserError">Everything about it that is not as it must be.</exception>
    public void Require(string machine, Platform platform)
    {
        var wrong = new List<(string What, string Hint)>();
        if (Uid != 0)
            wrong.Add(
                ($"{machine} lets us in as a user who is not root (number {Uid}).",
                $"Log in as root: Address = \"root@{machine[(machine.LastIndexOf('@') + 1)..]}\"; allow it a key with PermitRootLogin prohibit-password."));
        if (Os != "debian 13")
            wrong.Add(
                ($"{machine} runs {(OsName.Length > 0 ? OsName : "an unknown system")}; Hale deploys to Debian 13.",
                "Upgrade or reinstall it with Debian 13 (trixie)."));
        var wanted = platform == Platform.Arm64 ? "aarch64" : "x86_64";
        if (Architecture != wanted)
            wrong.Add(
                ($"{machine} is of the architecture {Architecture}, and is declared as {platform} ({wanted}).",
                "Say Platform = Platform." + (Architecture == "aarch64" ? "Arm64" : "X64") + " on the host."));
        if (!HasSystemd)
            wrong.Add(($"{machine} was not started by systemd.", "A container without an init cannot be deployed to."));
        if (Lacks.Count > 0)
            wrong.Add(
                ($"{machine} lacks {string.Join(", ", Lacks)}, which every Debian has.",
                $"Install them there: apt-get install {string.Join(' ', Lacks)}"));
        if (wrong.Count > 0)
            throw new UserError(string.Join('\n', wrong.Select(one => one.What)), string.Join('\n', wrong.Select(one => one.Hint)));
    }
}
