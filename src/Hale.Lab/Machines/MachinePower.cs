using System.Diagnostics;

namespace Hale.Lab;

/// <summary>
/// The power of one machine: runs systemd-nspawn in the machine's control group and the lab's network, starts it again when the machine
/// reboots, and cuts it off.
/// </summary>
internal sealed class MachinePower(string unitName, string hostName, string root, string consoleLog, ControlGroup group, LabNetwork network)
{
    /// <summary>By this exit code systemd-nspawn says that the machine asked for a reboot.</summary>
    private const int RebootRequested = 133;

    // Joins the control group before anything else, so that nothing the machine ever does is outside of it. /run/systemd is nspawn's
    // scratch space and must be a mount point; in a mount namespace of its own, it leaves nothing behind.
    private const string Boot = """
        exec </dev/null >>"$2" 2>&1
        echo $$ > "$1/cgroup.procs" || exit 1
        mkdir -p /run/systemd
        mount -t tmpfs -o mode=0755 tmpfs /run/systemd || exit 1
        shift 2
        exec "$@"
        """;

    private readonly Lock gate = new();
    private Process? nspawn;
    private Task supervision = Task.CompletedTask;
    private bool wanted;

    /// <summary>Whether the machine is on.</summary>
    public bool IsOn
    {
        get
        {
            lock (gate) return wanted;
        }
    }

    /// <summary>Called when the machine's system ended: by a reboot, by itself, or cut off.</summary>
    public event Action? WentDown;

    /// <summary>Ends when the machine is off.</summary>
    public Task Off
    {
        get
        {
            lock (gate) return supervision;
        }
    }

    /// <summary>Turns the machine on. It boots in the background.</summary>
    /// <exception cref="LabException">It is on already.</exception>
    public void On()
    {
        lock (gate)
        {
            if (wanted) throw new LabException($"the machine {hostName} is on already");
            group.Make();
            wanted = true;
            nspawn = StartNspawn();
            supervision = SuperviseAsync(nspawn);
        }
    }

    /// <summary>Ends everything that the machine runs, at once. Nothing is told, nothing is written.</summary>
    public void Cut()
    {
        lock (gate) wanted = false;
        group.KillAndRemove();
        WentDown?.Invoke();
    }

    /// <summary>Asks the machine to shut down in order (nspawn passes the request on).</summary>
    public void RequestShutdown()
    {
        lock (gate)
        {
            wanted = false;
            if (nspawn is { HasExited: false } running) Native.Signal(running.Id, Native.Terminate);
        }
    }

    private async Task SuperviseAsync(Process first)
    {
        var running = first;
        while (true)
        {
            await running.WaitForExitAsync();
            var code = running.ExitCode;
            running.Dispose();
            WentDown?.Invoke();
            lock (gate)
            {
                if (code != RebootRequested || !wanted)
                {
                    wanted = false;
                    nspawn = null;
                    break;
                }
                nspawn = running = StartNspawn();
            }
        }
        group.KillAndRemove();
    }

    private Process StartNspawn()
    {
        // A session of its own: Ctrl-C in the terminal is not for the machine.
        string[] arguments =
        [
            $"--net={network.NamespacePath}", "setsid", "unshare", "--mount", "sh", "-c", Boot, "sh", group.Path, consoleLog,
            "systemd-nspawn", $"--directory={root}", $"--machine={unitName}", $"--hostname={hostName}", "--boot",
            "--register=no", "--keep-unit", "--settings=no", $"--network-bridge={LabNetwork.Bridge}", "--console=read-only",
            "--resolv-conf=off", "--timezone=off", "--link-journal=no",
            "--capability=CAP_BPF,CAP_PERFMON", "--system-call-filter=bpf", "--system-call-filter=@keyring",
        ];
        var start = new ProcessStartInfo("nsenter", arguments);
        start.Environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1";
        return Process.Start(start) ?? throw new LabException("cannot start nsenter");
    }
}
