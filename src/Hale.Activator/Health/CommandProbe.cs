using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Hale.Activator.Health;

/// <summary>One run of a command that says whether something is well.</summary>
internal static class CommandProbe
{
    private const int MostSaid = 300;

    /// <summary>What is left of what it said comes within this time; longer lasts only what it left running with its output open.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(0.5);

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
            using var heard = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var output = BeginningAsync(process.StandardOutput, heard.Token);
            var error = BeginningAsync(process.StandardError, heard.Token);
            try
            {
                await process.WaitForExitAsync(stop).ConfigureAwait(false);
                if (process.ExitCode == 0)
                    return null;
                heard.CancelAfter(Rest);
                var said = (await error.ConfigureAwait(false) + "\n" + await output.ConfigureAwait(false)).Trim().Split('\n')[0];
                return $"the command ended with {process.ExitCode}{(said.Length == 0 ? "" : $": {(said.Length > MostSaid ? said[..MostSaid] : said)}")}";
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
            finally
            {
                await heard.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(output, error).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Reads all, so that the command is never kept waiting, and keeps the beginning; until the end, or until it is to stop.</summary>
    private static async Task<string> BeginningAsync(StreamReader from, CancellationToken stop)
    {
        var (kept, buffer) = (new StringBuilder(), new char[4096]);
        try
        {
            while (await from.ReadAsync(buffer, stop).ConfigureAwait(false) is > 0 and var read)
                if (kept.Length < buffer.Length)
                    kept.Append(buffer, 0, read);
        }
        catch (OperationCanceledException)
        {
            // What it said so far is enough.
        }

        return kept.ToString();
    }
}
