using Hale.Store.Debian;

namespace Hale.Lab;

/// <summary>How a run of the lab is set up; the defaults are right for tests and for <c>hale try</c>.</summary>
public sealed record LabOptions
{
    /// <summary>Where images, packages and the run's state lie.</summary>
    public LabPaths Paths { get; init; } = LabPaths.OfUser();

    /// <summary>Where the machines' disks are.</summary>
    public MachineDisks Disks { get; init; } = MachineDisks.Automatic;

    /// <summary>Where Debian comes from; what this computer's own apt uses when null.</summary>
    public MirrorSettings? Mirror { get; init; }

    /// <summary>Told, in one line each, of what takes long: the base image, a wait for another run.</summary>
    public Action<string> Report { get; init; } = static _ => { };

    /// <summary>
    /// Whether Ctrl-C, SIGTERM and SIGHUP tear the run down at once. A program that handles these signals itself, and disposes the run
    /// when it ends, says no. The end of the process tears it down in any case.
    /// </summary>
    public bool TearDownOnSignals { get; init; } = true;
}

/// <summary>Where the disks of a run's machines are. Either way they end with the run.</summary>
public enum MachineDisks
{
    /// <summary>
    /// In memory where 8 GiB of it are free and the kernel's tmpfs can all that a disk can (Linux 6.6 or newer), else on disk.
    /// </summary>
    Automatic,

    /// <summary>
    /// In memory: a machine is copied and removed some ten times faster. All disks of a run have at most half of the computer's memory.
    /// </summary>
    Memory,

    /// <summary>On disk, below the folder of the run's state.</summary>
    Disk,
}
