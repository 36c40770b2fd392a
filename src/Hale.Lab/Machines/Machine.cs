using System.Net;
using System.Net.Sockets;
using Hale.Store;

namespace Hale.Lab;

/// <summary>
/// A Debian machine of a run, off until it is started. What runs on it is real: its own systemd, sshd, network and disk. Its kernel is
/// this computer's. Everything that waits is bounded in time. Commands and waits may be used in parallel; the power, by one caller at a
/// time.
/// </summary>
public sealed partial class Machine : IAsyncDisposable
{
    /// <summary>How long a boot may take, to the first answer of sshd, where nothing else is said.</summary>
    public static TimeSpan DefaultBootTimeout { get; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a command or a wait may take where nothing else is said.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(60);

    private const int SshPort = 22;
    private const int ConsoleLines = 40;

    private readonly string home;
    private readonly MachinePower power;
    private readonly LabNetwork network;
    private readonly PortForward sshForward;
    private readonly SshMaster master;
    private readonly Lock gate = new();
    private readonly List<PortForward> forwards;

    internal Machine(
        MachineOptions options, IPAddress address, string home, MachinePower power, LabNetwork network,
        string identity, string knownHosts, string control)
    {
        (Options, Address, this.home, this.power, this.network) = (options, address, home, power, network);
        sshForward = PortForward.Start(network.OpenTcpSocket, new IPEndPoint(address, SshPort), localPort: 0);
        forwards = [sshForward];
        Ssh = new SshAccess(sshForward.LocalEndPoint.Address.ToString(), sshForward.LocalPort, "root", identity, knownHosts, options.Name);
        master = new SshMaster(Ssh, control);
        power.WentDown += OnWentDown;
    }

    /// <summary>Its host name.</summary>
    public string Name => Options.Name;

    /// <summary>
    /// Its address in the lab; this computer reaches it only by <see cref="Ssh"/>, <see cref="Forward"/> and
    /// <see cref="OpenConnectionAsync"/>.
    /// </summary>
    public IPAddress Address { get; }

    /// <summary>How any ssh client of this computer reaches it.</summary>
    public SshAccess Ssh { get; }

    /// <summary>Whether it is on; a machine that boots, or reboots, is on.</summary>
    public bool IsOn => power.IsOn;

    /// <summary>Its disk, as a folder of this computer. To be read only; a path in it can be a link that leads out of it.</summary>
    public string Root => Path.Combine(home, "root");

    /// <summary>What its console showed, over all boots.</summary>
    public string ConsoleLog => Path.Combine(home, "console.log");

    internal MachineOptions Options { get; }

    /// <summary>
    /// Turns it on and waits until sshd lets us in. Its boot may not be complete then: see <see cref="WaitForBootAsync"/>.
    /// </summary>
    /// <param name="timeout">How long that may take; 60 seconds when null.</param>
    /// <param name="cancellation">Ends the wait; the machine stays on.</param>
    /// <exception cref="LabException">It is on already, or does not boot; the message holds the end of its console log.</exception>
    public async Task StartAsync(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        power.On();
        await ConnectAsync(timeout ?? DefaultBootTimeout, cancellation);
    }

    /// <summary>Shuts it down in order; what does not end within the time is cut off.</summary>
    /// <param name="timeout">How long it may take; 30 seconds when null.</param>
    /// <param name="cancellation">Cuts it off at once.</param>
    /// <returns>Whether it shut down by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        power.RequestShutdown();
        try
        {
            await power.Off.WaitAsync(timeout ?? TimeSpan.FromSeconds(30), cancellation);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await PowerCutAsync();
            cancellation.ThrowIfCancellationRequested();
            return false;
        }
    }

    /// <summary>
    /// Ends everything on it at one instant, as if its plug were pulled. One thing is kinder than in life: what it had written but not
    /// yet synced is not lost, since this computer's kernel still has it.
    /// </summary>
    public async Task PowerCutAsync()
    {
        await Task.Run(power.Cut);
        await power.Off;
    }

    /// <summary>Reboots it from the inside and waits until sshd lets us in again.</summary>
    /// <param name="timeout">How long all of it may take; 60 seconds when null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="LabException">It did not go down, or did not come up again.</exception>
    public async Task RebootAsync(TimeSpan? timeout = null, CancellationToken cancellation = default)
    {
        using var limit = TimeLimit.Start(timeout ?? DefaultBootTimeout, cancellation);
        var before = await BootIdAsync(cancellation);
        var down = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Down() => down.TrySetResult();
        power.WentDown += Down;
        try
        {
            // No reply is the rule: the connection ends with the machine.
            _ = await master.RunAsync("systemctl reboot", null, limit.Token);
            await down.Task.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new LabException($"the machine {Name} did not go down for its reboot in {limit.Time.TotalSeconds:0} s\n{ConsoleTail()}");
        }
        finally
        {
            power.WentDown -= Down;
        }
        await ConnectAsync(limit.Left, cancellation);
        if (await BootIdAsync(cancellation) == before)
            throw new LabException($"the machine {Name} answers, but with the boot id of before its reboot: {before}");
    }

    /// <summary>The kernel's id of this boot; another after each boot.</summary>
    public async Task<string> BootIdAsync(CancellationToken cancellation = default) =>
        (await SucceedAsync("cat /proc/sys/kernel/random/boot_id", cancellation: cancellation)).Trim();

    /// <summary>
    /// Makes a port of the machine a port of this computer's loopback, until the result or the machine is disposed. It outlasts reboots.
    /// </summary>
    /// <param name="port">The machine's port, 1 to 65535.</param>
    /// <param name="localPort">The port on this computer; 0 for any free one.</param>
    /// <exception cref="UserError">The port on this computer is taken.</exception>
    public PortForward Forward(int port, int localPort = 0)
    {
        var forward = PortForward.Start(network.OpenTcpSocket, new IPEndPoint(Address, port), localPort);
        lock (gate) forwards.Add(forward);
        return forward;
    }

    /// <summary>A connection to a port of the machine, as a neighbour in its network has it.</summary>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="SocketException">The machine refuses it, or does not answer.</exception>
    public async Task<Socket> OpenConnectionAsync(int port, CancellationToken cancellation = default)
    {
        var socket = network.OpenTcpSocket();
        try
        {
            await socket.ConnectAsync(new IPEndPoint(Address, port), cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The last lines of the console, for an error message.</summary>
    public string ConsoleTail() => File.Exists(ConsoleLog)
        ? $"  the end of its console:\n    {string.Join("\n    ", ConsoleText.LastLines(ConsoleLog, ConsoleLines))}"
        : "  its console is empty";

    /// <summary>Cuts it off and closes its ports. Its disk goes with the run.</summary>
    public async ValueTask DisposeAsync()
    {
        await PowerCutAsync();
        PortForward[] all;
        lock (gate) all = [.. forwards];
        foreach (var forward in all) await forward.DisposeAsync();
        master.Close();
    }

    private void OnWentDown()
    {
        master.Close();
        lock (gate)
        {
            foreach (var forward in forwards) forward.DropConnections();
        }
    }

    private async Task ConnectAsync(TimeSpan timeout, CancellationToken cancellation)
    {
        using var limit = TimeLimit.Start(timeout, cancellation);
        var lastWords = "nothing listens on port 22";
        try
        {
            while (true)
            {
                if (!power.IsOn) throw new LabException($"the machine {Name} went off before it let us in\n{ConsoleTail()}");
                // Asked first with a bare connection: sshd counts and soon punishes those that come often and leave without logging in.
                if (await IsListeningAsync(SshPort, limit.Token))
                {
                    if (await master.OpenAsync(limit.Token) is not { } problem) return;
                    lastWords = problem;
                    await Task.Delay(100, limit.Token);
                }
                await Task.Delay(10, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new LabException(
                $"the machine {Name} let nobody in by ssh within {timeout.TotalSeconds:0} s: {lastWords}\n{ConsoleTail()}");
        }
    }

    private async Task<bool> IsListeningAsync(int port, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(TimeSpan.FromMilliseconds(500));
        try
        {
            using var socket = await OpenConnectionAsync(port, patience.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return false;
        }
    }
}
