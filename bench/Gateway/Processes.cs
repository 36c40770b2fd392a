using System.Diagnostics;
using System.Globalization;

namespace GatewayBench;

/// <summary>The three that share the computer: the homeserver, the gateway, and this client.</summary>
internal sealed class Processes(int synapse, int gateway)
{
    /// <summary>
    /// Gives the homeserver a processor of its own, which it fills and cannot go beyond, and the others to the gateway and this client: clients
    /// are elsewhere, and must not take the homeserver's time.
    /// </summary>
    public void Part()
    {
        if (Environment.ProcessorCount < 2)
            return;
        var others = $"1-{(Environment.ProcessorCount - 1).ToString(CultureInfo.InvariantCulture)}";
        Pin(synapse, "0");
        Pin(gateway, others);
        Pin(Environment.ProcessId, others);
    }

    /// <summary>Processor time of each so far, in seconds.</summary>
    public (double Synapse, double Gateway, double Client) Spent() => (Of(synapse), Of(gateway), Of(Environment.ProcessId));

    private static double Of(int id)
    {
        using var process = Process.GetProcessById(id);
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static void Pin(int id, string processors)
    {
        using var pinning = Process.Start(new ProcessStartInfo(
            "taskset", ["--all-tasks", "--cpu-list", "--pid", processors, id.ToString(CultureInfo.InvariantCulture)])
        { RedirectStandardOutput = true })!;
        pinning.StandardOutput.ReadToEnd();
        pinning.WaitForExit();
    }
}
