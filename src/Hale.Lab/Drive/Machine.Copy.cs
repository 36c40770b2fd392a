using System.Diagnostics;
using Hale.Store;

namespace Hale.Lab;

public sealed partial class Machine
{
    private static readonly TimeSpan copyTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Copies a file, or a folder and all it holds, to the machine. It belongs to root there; modes and times stay.</summary>
    /// <param name="local">A file or a folder of this computer.</param>
    /// <param name="remote">What it becomes, an absolute path; missing folders above it are made, a folder that exists is added to.</param>
    /// <param name="cancellation">Ends it half-copied.</param>
    /// <exception cref="UserError">There is no such file on this computer.</exception>
    /// <exception cref="LabException">The copy broke off.</exception>
    public Task CopyInAsync(string local, string remote, CancellationToken cancellation = default)
    {
        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(local));
        var target = Shell.Quote(remote);
        string[] owner = ["--owner=0", "--group=0", "--numeric-owner"];
        if (Directory.Exists(path))
            return PipeAsync(
                ["tar", "-C", path, "-cf", "-", .. owner, "."], Remote($"mkdir -p -- {target} && tar -C {target} -xf -"), cancellation);
        if (!File.Exists(path)) throw new UserError($"There is no file {local} to copy to the machine {Name}.", "check the path");

        var mode = Convert.ToString((int)File.GetUnixFileMode(path), 8);
        return PipeAsync(
            ["cat", "--", path],
            Remote($"mkdir -p -- \"$(dirname -- {target})\" && cat > {target} && chmod {mode} -- {target}"),
            cancellation);
    }

    /// <summary>
    /// Copies a file, or a folder and all it holds, from the machine. It belongs to the caller here; modes and times of a folder's files
    /// stay.
    /// </summary>
    /// <param name="remote">A file or a folder of the machine, an absolute path.</param>
    /// <param name="local">What it becomes; missing folders above it are made, a folder that exists is added to.</param>
    /// <param name="cancellation">Ends it half-copied.</param>
    /// <exception cref="MachineAssertionException">There is no such file on the machine.</exception>
    /// <exception cref="LabException">The copy broke off.</exception>
    public async Task CopyOutAsync(string remote, string local, CancellationToken cancellation = default)
    {
        var path = Path.GetFullPath(local);
        var kind = (await SucceedAsync($"stat -L -c %F -- {Shell.Quote(remote)}", cancellation: cancellation)).Trim();
        if (kind == "directory")
        {
            Directory.CreateDirectory(path);
            await PipeAsync(
                Remote($"tar -C {Shell.Quote(remote)} -cf - ."), ["tar", "-C", path, "--no-same-owner", "-xf", "-"], cancellation);
            return;
        }
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await PipeAsync(Remote($"cat -- {Shell.Quote(remote)}"), ["dd", "status=none", "bs=128K", $"of={path}"], cancellation);
    }

    /// <summary>An interactive shell of root in the caller's terminal, until the person leaves it.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> ShellAsync(CancellationToken cancellation = default)
    {
        if (!power.IsOn) throw new LabException($"the machine {Name} is off; it has no shell");
        using var shell = Process.Start(new ProcessStartInfo("ssh", [.. Ssh.Options, "-t", Ssh.Destination]))
            ?? throw new LabException("cannot start ssh");
        try
        {
            await shell.WaitForExitAsync(cancellation);
            return shell.ExitCode;
        }
        catch (OperationCanceledException)
        {
            Command.End(shell);
            throw;
        }
    }

    private string[] Remote(string command) => ["ssh", .. master.Arguments(command)];

    private async Task PipeAsync(string[] from, string[] to, CancellationToken cancellation)
    {
        if (!power.IsOn) throw new LabException($"the machine {Name} is off; nothing can be copied");
        if (!master.IsOpen) await ConnectAsync(DefaultBootTimeout, cancellation);

        using var limit = TimeLimit.Start(copyTimeout, cancellation);
        using var source = Command.Start(from[0], from[1..]);
        using var sink = Command.Start(to[0], to[1..]);
        try
        {
            source.StandardInput.Close();
            var words = new[] { source.StandardError, sink.StandardError, sink.StandardOutput }
                .Select(stream => stream.ReadToEndAsync(limit.Token))
                .ToArray();
            try
            {
                await source.StandardOutput.BaseStream.CopyToAsync(sink.StandardInput.BaseStream, limit.Token);
                sink.StandardInput.Close();
            }
            catch (IOException)
            {
                // The sink ended before it had all; its exit code and words say why.
                source.StandardOutput.Close();
            }
            await source.WaitForExitAsync(limit.Token);
            await sink.WaitForExitAsync(limit.Token);
            var said = string.Concat(await Task.WhenAll(words)).Trim();
            if (source.ExitCode != 0 || sink.ExitCode != 0)
                throw new LabException(
                    $"a copy with the machine {Name} broke off ({from[0]} {source.ExitCode}, {to[0]} {sink.ExitCode}): {said}");
        }
        catch (OperationCanceledException)
        {
            Command.End(source);
            Command.End(sink);
            cancellation.ThrowIfCancellationRequested();
            throw new LabException($"a copy with the machine {Name} did not end within {copyTimeout.TotalMinutes:0} minutes");
        }
    }
}
