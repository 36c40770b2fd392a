using Hale.Contribute;
using Hale.Produce;
using Hale.Store;

namespace Hale.Lab.Commands;

/// <summary>
/// Makes the machine's open ports reachable on this computer's loopback: at the same number where that is free, else 8000 higher (8443 for 443), else at
/// any free one.
/// </summary>
internal static class LoopbackPorts
{
    public static SortedDictionary<int, int> Open(Machine machine, HostPlan plan)
    {
        var ports = new SortedDictionary<int, int>();
        foreach (var port in plan.Ports.Where(port => port.Protocol == Protocol.Tcp).Select(port => port.Port.Number).Distinct())
            ports[port] = First(machine, port, [port, port + 8000, 0]);
        return ports;
    }

    /// <summary>
    /// A page's address as this computer can open it: names below <c>.localhost</c> lead to loopback in every browser (RFC 6761, section 6.3).
    /// </summary>
    public static string Address(string url, IReadOnlyDictionary<int, int> ports)
    {
        var address = new Uri(url);
        var port = ports.GetValueOrDefault(address.Port, address.Port);
        var shown = port == (address.Scheme == "https" ? 443 : 80) ? "" : $":{port}";
        return $"{address.Scheme}://{address.Host}.localhost{shown}{address.PathAndQuery}{address.Fragment}";
    }

    private static int First(Machine machine, int port, int[] candidates)
    {
        foreach (var candidate in candidates.Where(candidate => candidate <= 65535))
            try
            {
                return machine.Forward(port, candidate).LocalPort;
            }
            catch (UserError) when (candidate != 0)
            {
                // Taken, or not ours to take: the next one will do.
            }
        throw new UserError($"No port of this computer can lead to the machine's port {port}.", "Free a port on loopback.");
    }
}
