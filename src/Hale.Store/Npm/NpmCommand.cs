using System.Diagnostics;

namespace Hale.Store.Npm;

/// <summary>Runs the <c>npm</c> of this computer.</summary>
internal static class NpmCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Fetches a package's archive into a folder.</summary>
    /// <exception cref="UserError">There is no npm, or it failed; the message holds its own errors.</exception>
    public static async Task PackAsync(NpmRequest request, string folder, string target, CancellationToken cancellation)
    {
        string[] arguments = ["pack", $"{request.Name}@{request.Version}", "--pack-destination", target, "--ignore-scripts", "--no-update-notifier", "--loglevel=error"];
        var start = new ProcessStartInfo("npm", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Start(start, request);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            await output.ConfigureAwait(false);
            var text = await errors.ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw new UserError(
                    $"npm cannot fetch {request.Name} {request.Version}:\n{Reasons(text)}",
                    "Is there such a version, and does this computer's npm reach its registry? See: npm config get registry");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UserError($"npm did not fetch {request.Name} {request.Version} in {Patience.TotalMinutes} minutes.", "Check the network, then try again.");
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start, NpmRequest request)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new UserError($"The npm package {request.Name} is fetched by npm, which cannot be started: {error.Message}", "Install npm: apt-get install npm", error);
        }
    }

    private static string Reasons(string text) =>
        string.Join('\n', text.Split('\n').Where(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) && !line.Contains(".log", StringComparison.Ordinal)).Take(6));
}
