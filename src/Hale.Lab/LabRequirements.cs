using Hale.Store;

namespace Hale.Lab;

/// <summary>What the lab needs of this computer, found out before anything is made.</summary>
public static class LabRequirements
{
    private static readonly (string Program, string Package)[] programs =
    [
        ("systemd-nspawn", "systemd-container"),
        ("mmdebstrap", "mmdebstrap"),
        ("ip", "iproute2"),
        ("nsenter", "util-linux"),
        ("unshare", "util-linux"),
        ("setsid", "util-linux"),
        ("mount", "mount"),
        ("ssh", "openssh-client"),
        ("ssh-keygen", "openssh-client"),
        ("tar", "tar"),
        ("zstd", "zstd"),
        ("apt-config", "apt"),
    ];

    /// <summary>Says everything that is missing, at once.</summary>
    /// <exception cref="UserError">
    /// Not Linux, not root, programs that are missing (with the Debian packages that hold them), or no cgroup2.
    /// </exception>
    public static void Check() =>
        Check(OperatingSystem.IsLinux(), Environment.IsPrivilegedProcess, IsInstalled, () => ControlGroup.IsSupported);

    internal static void Check(bool linux, bool root, Func<string, bool> installed, Func<bool> controlGroups)
    {
        if (!linux)
            throw new UserError(
                "The lab boots Debian machines in systemd-nspawn, and this computer does not run Linux.", "run it on a Linux computer");

        var missing = programs.Where(p => !installed(p.Program)).ToArray();
        var problems = new List<string>();
        var hints = new List<string>();
        if (!root)
        {
            problems.Add("it needs root, for network namespaces and systemd-nspawn");
            hints.Add("run the same command with sudo");
        }
        if (missing.Length > 0)
        {
            problems.Add($"these programs are missing: {string.Join(", ", missing.Select(m => m.Program))}");
            hints.Add($"apt-get install {string.Join(' ', missing.Select(m => m.Package).Distinct().Order(StringComparer.Ordinal))}");
        }
        if (!controlGroups())
        {
            problems.Add("this kernel has no cgroup2 (/proc/filesystems does not list it)");
            hints.Add("use a kernel with control groups version 2 (Linux 5.14 or newer, for cgroup.kill)");
        }
        if (problems.Count > 0)
            throw new UserError($"The lab cannot run here: {string.Join("; ", problems)}.", string.Join("; ", hints));
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"])
            .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
