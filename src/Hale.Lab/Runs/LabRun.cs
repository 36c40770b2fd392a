using System.Net;
using System.Runtime.InteropServices;
using Hale.Store;

namespace Hale.Lab;

/// <summary>
/// One run of the lab: a network of its own, the machines in it, and a folder that records them. Whatever ends the run takes all of it
/// away: its disposal, Ctrl-C, SIGTERM, the end of the process; after a kill -9, the next run of any process does.
/// </summary>
public sealed class LabRun : IAsyncDisposable
{
    private readonly RunFolder folder;
    private readonly LabNetwork network;
    private readonly PackageProxy proxy;
    private readonly LabMirror mirror;
    private readonly BaseImage image;
    private readonly LabOptions options;
    private readonly List<PosixSignalRegistration> signals = [];
    private readonly Lock gate = new();
    private readonly List<Machine> machines = [];
    private int disposed;

    private LabRun(RunFolder folder, LabNetwork network, PackageProxy proxy, LabMirror mirror, BaseImage image, LabOptions options)
    {
        (this.folder, this.network, this.proxy, this.mirror, this.image, this.options) = (folder, network, proxy, mirror, image, options);
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        if (!options.TearDownOnSignals) return;
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP })
            signals.Add(PosixSignalRegistration.Create(signal, _ => folder.Remove()));
    }

    /// <summary>The machines that were added, in the order of their addresses.</summary>
    public IReadOnlyList<Machine> Machines
    {
        get
        {
            lock (gate) return [.. machines];
        }
    }

    /// <summary>The run's folder; each machine's console log lies below it.</summary>
    public string Folder => folder.Path;

    /// <summary>
    /// Checks this computer, takes away what killed runs left, makes the base image where there is none (20 seconds, once), and sets up
    /// an empty network.
    /// </summary>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellation">Ends the start; nothing is left.</param>
    /// <exception cref="UserError">The lab cannot run here, or the base image cannot be made.</exception>
    public static async Task<LabRun> StartAsync(LabOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new LabOptions();
        LabRequirements.Check();
        foreach (var swept in await RunFolder.SweepAsync(options.Paths.State, cancellation))
            options.Report($"took away what the killed run {swept} had left");
        var groups = await ControlGroup.MountedAsync(cancellation);
        var mirror = await LabMirror.ReadAsync(options.Mirror, cancellation);
        var image = await BaseImage.EnsureAsync(options.Paths.Images, BaseRecipe.Debian13, mirror, options.Report, cancellation);

        var folder = await RunFolder.MakeAsync(options.Paths.State, groups, InMemory(options.Disks), cancellation);
        try
        {
            folder.Group.Make();
            await SshKey.MakeAsync(Path.Combine(folder.Path, "key"), "hale-lab", cancellation);
            var network = await LabNetwork.MakeAsync(cancellation);
            var proxy = PackageProxy.Start(network, mirror, options.Paths.Packages);
            return new LabRun(folder, network, proxy, mirror, image, options);
        }
        catch
        {
            folder.Remove();
            throw;
        }
    }

    /// <summary>Makes a machine that is off, and boots it.</summary>
    /// <param name="name">Its host name.</param>
    /// <param name="cancellation">Ends the wait; the machine stays with the run.</param>
    /// <returns>The machine, reachable by ssh.</returns>
    /// <exception cref="UserError">The name is no host name, or is taken.</exception>
    /// <exception cref="LabException">It does not boot; the message holds the end of its console log.</exception>
    public async Task<Machine> BootAsync(string name, CancellationToken cancellation = default)
    {
        var machine = await AddAsync(new MachineOptions(name), cancellation);
        await machine.StartAsync(cancellation: cancellation);
        return machine;
    }

    /// <summary>Makes a machine, a fresh copy of the base image with its own name, address and host key. It is off.</summary>
    /// <param name="machine">Its name, and its other names.</param>
    /// <param name="cancellation">Ends it half-way; what was made goes with the run.</param>
    /// <exception cref="UserError">The name is no host name, or is taken.</exception>
    public async Task<Machine> AddAsync(MachineOptions machine, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed != 0, this);
        machine.Check();
        var home = Path.Combine(folder.Machines, machine.Name);
        lock (gate)
        {
            if (Directory.Exists(home))
                throw new UserError($"The run has a machine {machine.Name} already.", "give each machine of a run its own name");
            Directory.CreateDirectory(home);
        }

        var address = network.NextAddress();
        var root = Path.Combine(home, "root");
        await image.CloneAsync(root, cancellation);
        var identity = Path.Combine(folder.Path, "key");
        var authorized = (await File.ReadAllTextAsync(identity + ".pub", cancellation)).TrimEnd();
        var hostKey = await MachineRoot.PrepareAsync(root, machine, address, authorized, mirror, PackageProxy.EndPoint, cancellation);
        var knownHosts = Path.Combine(home, "known_hosts");
        await File.WriteAllTextAsync(knownHosts, $"{machine.Name} {hostKey}\n", cancellation);

        var power = new MachinePower(
            $"{machine.Name}-{folder.Id}", machine.Name, root, Path.Combine(home, "console.log"),
            folder.Group.Below(machine.Name), network);
        // A socket's path has at most 107 characters, and a machine's name up to 63: so the control socket is named by the machine's
        // number.
        var control = Path.Combine(folder.Path, $"ssh-{address.GetAddressBytes()[3]}");
        var added = new Machine(machine, address, home, power, network, identity, knownHosts, control);
        lock (gate)
        {
            foreach (var other in machines)
            {
                MachineRoot.Introduce(other.Root, address, machine);
                MachineRoot.Introduce(root, other.Address, other.Options);
            }
            MachineRoot.Introduce(root, address, machine);
            machines.Add(added);
        }
        return added;
    }

    /// <summary>Ends the machines at once, without shutting them down, and removes everything of the run.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        foreach (var signal in signals) signal.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        foreach (var machine in Machines) await machine.DisposeAsync();
        await proxy.DisposeAsync();
        network.Dispose();
        await Task.Run(folder.Remove);
    }

    private static bool InMemory(MachineDisks disks)
    {
        const long enough = 8L * 1024 * 1024;
        if (disks != MachineDisks.Automatic) return disks == MachineDisks.Memory;
        // "MemAvailable:   12345 kB". Before Linux 6.6, tmpfs had neither users' extended attributes nor direct I/O.
        var available = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return long.Parse(available.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) >= enough
            && Environment.OSVersion.Version >= new Version(6, 6);
    }

    private void OnProcessExit(object? sender, EventArgs e) => folder.Remove();
}
