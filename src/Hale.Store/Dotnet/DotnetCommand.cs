using System.Diagnostics;

namespace Hale.Store.Dotnet;

/// <summary>Runs the <c>dotnet</c> of this computer, without servers that would outlive it.</summary>
internal static class DotnetCommand
{
    /// <summary>Runs it to its end.</summary>
    /// <returns>What it printed.</returns>
    /// <exception cref="UserError">There is none, or it failed; the message holds its own errors.</exception>
    public static async Task<string> RunAsync(string what, string hint, IEnumerable<string> arguments, string folder, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_NOLOGO"] = "1";
        using var process = Start(start);
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellation);
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            var text = await output.ConfigureAwait(false) + await errors.ConfigureAwait(false);
            return process.ExitCode == 0 ? text : throw new UserError($"{what} failed:\n{Errors(text)}", hint);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new UserError($"The program {start.FileName} cannot be started: {error.Message}", "Install the .NET 10 SDK, and see that it is on PATH.", error);
        }
    }

    private static string Errors(string text)
    {
        var errors = text.Split('\n').Where(line => line.Contains(": error ", StringComparison.Ordinal)).Select(line => line.Trim()).Distinct().Take(10).ToList();
        return string.Join('\n', errors.Count > 0 ? errors : [.. text.Split('\n').TakeLast(10)]);
    }
}
