using System.Diagnostics;
using System.Text;
using Hale.Store;

namespace Hale.Operator.Deploy;

/// <summary>What a command on a machine came to.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output, where no one took the lines as they came.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record SshResult(int ExitCode, string Output, string Error);

/// <summary>
/// One connection of the system's ssh, over which all commands of a deployment go. The first command opens it; it ends with this
/// object, and by itself half a minute after the last command where this process is killed.
/// </summary>
internal sealed class SshConnection : IAsyncDisposable
{
    private const int SshFailed = 255;

    private readonly SshTarget target;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-ssh-");
    private bool opened;

    public SshConnection(SshTarget target) => this.target = target;

    /// <summary>What people call the other end.</summary>
    public string Name => target.Destination;

    private string ControlPath => Path.Combine(folder.FullName, "c");

    private IEnumerable<string> Options =>
    [
        .. target.Options, "-T", "-oBatchMode=yes", "-oConnectTimeout=10", "-oServerAliveInterval=10", "-oServerAliveCountMax=3",
        "-oControlMaster=auto", $"-oControlPath={ControlPath}", "-oControlPersist=30", "-oForwardAgent=no", "-oLogLevel=ERROR",
    ];

    /// <summary>Runs a command on the machine.</summary>
    /// <param name="command">For the login shell of the user.</param>
    /// <param name="input">Writes its standard input; none where null. It ends early, without an error, where the command does.</param>
    /// <param name="line">Takes each line of standard output as it comes; null collects them.</param>
    /// <param name="cancellation">Ends the command's connection.</param>
    /// <exception cref="UserError">The machine cannot be reached, refuses, or the connection was lost: exit code 5.</exception>
    public async Task<SshResult> RunAsync(
        string command, Func<Stream, CancellationToken, Task>? input, Action<string>? line, CancellationToken cancellation)
    {
        using var process = Start([.. Options, "--", target.Destination, command]);
        using var killed = cancellation.Register(() => Kill(process));
        var collected = new StringBuilder();
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var writing = WriteAsync(process, input, cancellation);
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } text)
            if (line is null)
                collected.Append(text).Append('\n');
            else
                line(text);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        await writing.ConfigureAwait(false);
        // A connection that stays behind may keep the stream open; what was said is there by then.
        var said = await Task.WhenAny(error, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false) == error
            ? await error.ConfigureAwait(false) : "";
        if (process.ExitCode == SshFailed)
            throw SshFailure.Explain(target, said, opened);
        opened = true;
        return new SshResult(process.ExitCode, collected.ToString(), said);
    }

    /// <summary>Runs a command whose input is a text.</summary>
    public Task<SshResult> RunAsync(string command, string input, CancellationToken cancellation) =>
        RunAsync(command, (stream, stop) => stream.WriteAsync(Encoding.UTF8.GetBytes(input), stop).AsTask(), null, cancellation);

    /// <summary>Puts a text in quotes for a POSIX shell.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (File.Exists(ControlPath))
        {
            using var exit = Start([.. Options, "-O", "exit", "--", target.Destination]);
            exit.StandardInput.Close();
            await exit.WaitForExitAsync().ConfigureAwait(false);
        }
        folder.Delete(recursive: true);
    }

    private static async Task WriteAsync(Process process, Func<Stream, CancellationToken, Task>? input, CancellationToken cancellation)
    {
        var stream = process.StandardInput.BaseStream;
        try
        {
            if (input is not null)
                await input(stream, cancellation).ConfigureAwait(false);
            await stream.FlushAsync(cancellation).ConfigureAwait(false);
        }
        catch (IOException error) when (error is not FileNotFoundException and not DirectoryNotFoundException)
        {
            // The command ended without reading all of it: its exit code and its own words say why.
        }
        catch
        {
            Kill(process);
            throw;
        }
        finally
        {
            try
            {
                process.StandardInput.Close();
            }
            catch (IOException)
            {
            }
        }
    }

    private static Process Start(IEnumerable<string> arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("ssh", arguments)
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                StandardOutputEncoding = Encoding.UTF8,
                StandardErrorEncoding = Encoding.UTF8,
            })!;
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new UserError($"The program ssh cannot be run: {error.Message}", "Install it: apt-get install openssh-client", error);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended meanwhile.
        }
    }
}
