using System.Diagnostics;

namespace Hale.Activator.Machine;

/// <summary>Programs of the machine, run to their end, in a language and colours that do not depend on who runs them.</summary>
internal static class Programs
{
    /// <summary>The code of a program that did not end in time and was killed: that of timeout(1).</summary>
    internal const int TookTooLong = 124;

    /// <summary>.NET waits for 2^31 ms at most; who waits that long waits for ever.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="limit">How long it may take; null for ever. After 24 days it is ended in any case.</param>
    internal static (int Code, string Text, string Said) Run(string program, IReadOnlyList<string> arguments, TimeSpan? limit = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["SYSTEMD_COLORS"] = "0";
        start.Environment["LC_ALL"] = "C.UTF-8";
        limit = limit > Longest ? Longest : limit;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(limit ?? Timeout.InfiniteTimeSpan))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return (TookTooLong, "", $"it did not end within {limit!.Value.TotalSeconds:0} s");
        }

        return (process.ExitCode, text.GetAwaiter().GetResult(), said.GetAwaiter().GetResult());
    }
}
