using System.Diagnostics;
using System.Runtime.InteropServices;
using Hale.Operator.Deploy;
using Hale.Store;

namespace Hale.Operator.Secrets.Editing;

/// <summary>The user's editor.</summary>
/// <param name="command">Its command line, for a shell; the file's name is put behind it.</param>
internal sealed partial class Editor(string command)
{
    private const int NotFound = 127;
    private const int SigTerm = 15;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly string[] Usual = ["nano", "vim", "vi"];

    /// <summary>$VISUAL, $EDITOR, or one that is usually there.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static Editor Find(Func<string, string?> variable)
    {
        var folders = (variable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        string?[] said = [variable("VISUAL"), variable("EDITOR")];
        return new(said.FirstOrDefault(one => !string.IsNullOrWhiteSpace(one))
            ?? Usual.FirstOrDefault(name => folders.Any(folder => File.Exists(Path.Combine(folder, name))))
            ?? throw new UserError("There is no editor: VISUAL and EDITOR are not set, and neither nano nor vi is here.", "EDITOR=… hale secrets edit …"));
    }

    /// <summary>Lets a person edit a file, and waits.</summary>
    /// <exception cref="UserError">The editor failed.</exception>
    public async Task RunAsync(string file, CancellationToken cancellation)
    {
        // In the shell's place, so that a signal meets the editor; but for a command that begins with a variable: TERM=xterm vi.
        var first = command.TrimStart().Split(' ', 2)[0];
        var line = $"{(first.Contains('=', StringComparison.Ordinal) ? "" : "exec ")}{command}{Careful()} {SshConnection.Quote(file)}";
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", line]))!;
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Asked first, so that it can give the terminal back as it was.
            _ = kill(process.Id, SigTerm);
            if (!process.WaitForExit(Grace))
                process.Kill(entireProcessTree: true);
            throw;
        }
        if (process.ExitCode == NotFound)
            throw new UserError($"The editor \"{command}\" cannot be run.", "Set VISUAL or EDITOR to one that is installed.");
        if (process.ExitCode != 0)
            throw new UserError($"The editor \"{command}\" ended with exit code {process.ExitCode}; nothing was written.", "");
    }

    /// <summary>vim copies what is edited to places of its own, unless told.</summary>
    private string Careful()
    {
        var name = Path.GetFileName(command.Split(' ', 2)[0]);
        return name.StartsWith("vim", StringComparison.Ordinal) || name is "nvim" or "gvim"
            ? " -n -i NONE -c 'silent! set nobackup nowritebackup noundofile'"
            : "";
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
