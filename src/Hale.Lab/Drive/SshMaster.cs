using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Hale.Lab;

/// <summary>
/// One ssh connection that stays, over which every command runs: a command then costs some milliseconds, a connection of its own ten
/// times that. Where it is gone, ssh connects anew by itself.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The process is disposed by Close, which may be called again and again.")]
internal sealed class SshMaster(SshAccess access, string controlSocket)
{
    private readonly Lock gate = new();
    private Process? process;

    /// <summary>Opens the connection.</summary>
    /// <returns>Null, or what ssh said.</returns>
    public async Task<string?> OpenAsync(CancellationToken cancellation)
    {
        Close();
        var started = Command.Start(
            "ssh",
            [.. access.Options, "-oControlMaster=yes", $"-oControlPath={controlSocket}", "-oControlPersist=no", "-N", access.Destination]);
        lock (gate) process = started;
        var error = started.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            // It makes the socket when it is let in.
            while (!started.HasExited)
            {
                if (File.Exists(controlSocket)) return null;
                await Task.Delay(5, cancellation);
            }
            return (await error).Trim() is { Length: > 0 } said ? said : "ssh ended without a word";
        }
        catch (OperationCanceledException)
        {
            Close();
            throw;
        }
        catch (InvalidOperationException)
        {
            return "the connection was closed while it was opened";
        }
    }

    /// <summary>Whether the connection stands.</summary>
    public bool IsOpen
    {
        get
        {
            lock (gate) return process is { HasExited: false } && File.Exists(controlSocket);
        }
    }

    /// <summary>Runs a command and returns what it said.</summary>
    /// <param name="command">What the login shell of root gets.</param>
    /// <param name="input">Its standard input; nothing when null.</param>
    /// <param name="cancellation">Ends the wait for it, not the command.</param>
    public Task<CommandResult> RunAsync(string command, string? input, CancellationToken cancellation) =>
        Command.RunAsync("ssh", Arguments(command), input, null, cancellation);

    /// <summary>ssh's arguments for a command over this connection.</summary>
    public IEnumerable<string> Arguments(string command, params string[] more) =>
        [.. access.Options, "-oControlMaster=no", $"-oControlPath={controlSocket}", .. more, access.Destination, "--", command];

    /// <summary>Ends the connection, and what runs over it.</summary>
    public void Close()
    {
        lock (gate)
        {
            if (process is null) return;
            Command.End(process);
            process.Dispose();
            process = null;
            // Killed, it leaves its socket.
            File.Delete(controlSocket);
        }
    }
}
