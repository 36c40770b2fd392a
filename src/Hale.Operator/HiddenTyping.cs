using System.Diagnostics;
using System.Runtime.InteropServices;
using Hale.Store;

namespace Hale.Operator;

/// <summary>While it lasts the terminal shows nothing of what is typed; afterwards, and where a signal ends the process, it does again.</summary>
internal sealed class HiddenTyping : IDisposable
{
    /// <summary>The terminal of this process (tty(4)).</summary>
    internal const string Terminal = "/dev/tty";

    private const int Interrupted = 130;

    private readonly List<PosixSignalRegistration> signals = [];

    private HiddenTyping()
    {
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT })
            signals.Add(PosixSignalRegistration.Create(signal, End));
        if (!Set("-echo"))
        {
            Dispose();
            throw new UserError("The terminal cannot be told to show nothing of what is typed.", "Pipe the value in instead.");
        }
    }

    /// <summary>Begins it.</summary>
    /// <exception cref="UserError">There is no terminal that can be told so.</exception>
    internal static HiddenTyping Begin() => new();

    /// <summary>Nothing is under way while somebody is asked, and who is waited for may never type: the process ends here.</summary>
    private static void End(PosixSignalContext context)
    {
        Set("echo");
        Console.Error.WriteLine();
        Environment.Exit(Interrupted);
    }

    public void Dispose()
    {
        foreach (var signal in signals)
            signal.Dispose();
        Set("echo");
    }

    private static bool Set(string setting)
    {
        try
        {
            // With streams of its own it is no child that takes the terminal over, which the base library would set up for it.
            using var process = Process.Start(new ProcessStartInfo("stty", [OperatingSystem.IsMacOS() ? "-f" : "-F", Terminal, setting])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
