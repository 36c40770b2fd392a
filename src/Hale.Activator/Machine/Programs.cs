using System.Diagnostics;

namespace Hale.Activator.Machine;

/// <summary>Programs of the machine, run to their end, in a language and colours that do not depend on who runs them.</summary>
internal static class Programs
{
    internal static (int Code, string Text, string Said) Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["SYSTEMD_COLORS"] = "0";
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        process.StandardInput.Close();
        var said = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text, said.GetAwaiter().GetResult());
    }
}
