using System.ComponentModel;
using System.Diagnostics;

namespace Hale.Activator.Health;

/// <summary>One run of a command that says whether something is well.</summary>
internal static class CommandProbe
{
    private const int MostSaid = 300;

    /// <returns>What is wrong: its code and the first line that it said; null when it ended with 0.</returns>
    /// <exception cref="OperationCanceledException">It took too long, and was killed with all it started.</exception>
    internal static async Task<string?> RunAsync(string program, CancellationToken stop)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            return $"the command did not start: {e.Message}";
        }

        using (process)
        {
            process.StandardInput.Close();
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(stop);
                var error = process.StandardError.ReadToEndAsync(stop);
                await process.WaitForExitAsync(stop).ConfigureAwait(false);
                var said = (await error.ConfigureAwait(false) + "\n" + await output.ConfigureAwait(false)).Trim().Split('\n')[0];
                return process.ExitCode == 0 ? null : $"the command ended with {process.ExitCode}{(said.Length == 0 ? "" : $": {(said.Length > MostSaid ? said[..MostSaid] : said)}")}";
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
        }
    }
}
