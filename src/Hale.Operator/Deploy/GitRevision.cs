using System.Diagnostics;

namespace Hale.Operator.Deploy;

/// <summary>The revision that a fleet is declared in.</summary>
internal static class GitRevision
{
    /// <summary>The commit's full name, with <c>-dirty</c> where tracked files differ from it; null outside git, or without git.</summary>
    /// <param name="folder">A folder of the working tree.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<string?> OfAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            using var git = Process.Start(
                new ProcessStartInfo("git", ["-C", folder, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
            var error = git.StandardError.ReadToEndAsync(cancellation);
            var said = (await git.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false)).Trim();
            await error.ConfigureAwait(false);
            await git.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return git.ExitCode == 0 && said.Length > 0 ? said : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
