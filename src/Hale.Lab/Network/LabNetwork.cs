using System.Net;
using System.Net.Sockets;

namespace Hale.Lab;

/// <summary>
/// The network of one run: a bridge in a network namespace of its own, with no way out. This computer has the first address on it,
/// machines the next ones; the same addresses in several runs do not meet.
/// </summary>
internal sealed class LabNetwork : IDisposable
{
    /// <summary>The bridge's name.</summary>
    public const string Bridge = "labbr0";

    /// <summary>How many bits of an address are the network's.</summary>
    public const int PrefixLength = 24;

    private const int MostMachines = 200;

    private readonly NetworkNamespace space;
    private int machines;

    private LabNetwork(NetworkNamespace space) => this.space = space;

    /// <summary>This computer's address on the bridge.</summary>
    public static IPAddress Gateway { get; } = IPAddress.Parse("10.77.0.1");

    /// <summary>What nsenter can open to get into the namespace.</summary>
    public string NamespacePath => space.Path;

    /// <summary>Makes the namespace and the bridge.</summary>
    public static async Task<LabNetwork> MakeAsync(CancellationToken cancellation)
    {
        var network = new LabNetwork(NetworkNamespace.Make());
        try
        {
            // Without the delay, a machine could not be reached in its first seconds.
            var setup = $"""
                link set lo up
                link add {Bridge} type bridge forward_delay 0
                address add {Gateway}/{PrefixLength} dev {Bridge}
                link set {Bridge} up

                """;
            await Command.SucceedAsync(
                "nsenter", [$"--net={network.NamespacePath}", "ip", "-batch", "-"], setup, cancellation);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The next free address.</summary>
    /// <exception cref="LabException">There are 200 machines already.</exception>
    public IPAddress NextAddress()
    {
        var number = Interlocked.Increment(ref machines);
        if (number > MostMachines) throw new LabException($"a run of the lab has at most {MostMachines} machines");
        var address = Gateway.GetAddressBytes();
        address[3] += (byte)number;
        return new IPAddress(address);
    }

    /// <summary>A TCP socket in the network.</summary>
    public Socket OpenTcpSocket() => space.OpenTcpSocket();

    /// <summary>Lets go of the namespace; it ends with the last machine in it.</summary>
    public void Dispose() => space.Dispose();
}
