using System.Globalization;

namespace Hale.Lab;

public sealed partial class Machine
{
    /// <summary>By this exit code ssh says that it has no connection.</summary>
    private const int NoConnection = 255;

    /// <summary>timeout(1) ends with this code where it had to end the command, or with 137 where it had to kill it.</summary>
    private const int TimedOut = 124;
    private const int Killed = 137;

    private const string RealExitCode255 = "hale-lab: the command itself ended with 255";

    /// <summary>Runs a command as root and returns what it said, whatever its exit code.</summary>
    /// <param name="command">For <c>bash -o pipefail -c</c>. Nothing is its standard input, unless said otherwise.</param>
    /// <param name="timeout">How long it may run; 60 seconds when null. Then it is ended on the machine too.</param>
    /// <param name="input">Its standard input, as UTF-8.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="MachineAssertionException">It did not end in time.</exception>
    /// <exception cref="LabException">The machine is off, or the connection to it broke.</exception>
    public async Task<CommandResult> RunAsync(
        string command, TimeSpan? timeout = null, string? input = null, CancellationToken cancellation = default)
    {
        var time = timeout ?? DefaultTimeout;
        if (!power.IsOn) throw new LabException($"the machine {Name} is off; it cannot run: {command}");
        if (!master.IsOpen) await ConnectAsync(DefaultBootTimeout, cancellation);

        var seconds = time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var wrapped = $"timeout -k 2 {seconds} bash -o pipefail -c {Shell.Quote(command)}; c=$?; "
            + $"[ $c = {NoConnection} ] && echo '{RealExitCode255}' >&2; exit $c";
        using var limit = TimeLimit.Start(time + TimeSpan.FromSeconds(5), cancellation);
        CommandResult result;
        try
        {
            result = (await master.RunAsync(wrapped, input, limit.Token)) with { Command = command };
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new MachineAssertionException($"on {Name}, a command did not end within {time.TotalSeconds:0.#} s\n  command: {command}");
        }

        if (result.ExitCode is TimedOut or Killed && limit.Time - limit.Left >= time)
            throw new MachineAssertionException($"on {Name}, a command did not end within {time.TotalSeconds:0.#} s\n{result.Describe()}");
        if (result.ExitCode != NoConnection) return result;
        var error = result.Error.TrimEnd();
        return error.EndsWith(RealExitCode255, StringComparison.Ordinal)
            ? result with { Error = error[..^RealExitCode255.Length] }
            : throw new LabException($"the connection to the machine {Name} broke\n{result.Describe()}");
    }

    /// <summary>Runs a command that must end with exit code 0.</summary>
    /// <returns>What it wrote to standard output.</returns>
    /// <inheritdoc cref="RunAsync"/>
    /// <exception cref="MachineAssertionException">
    /// It ended with another exit code, or not in time; the message holds the command, the code and the output.
    /// </exception>
    public async Task<string> SucceedAsync(
        string command, TimeSpan? timeout = null, string? input = null, CancellationToken cancellation = default)
    {
        var result = await RunAsync(command, timeout, input, cancellation);
        return result.Succeeded ? result.Output : throw new MachineAssertionException($"on {Name}, a command failed\n{result.Describe()}");
    }

    /// <summary>Runs a command that must not end with exit code 0.</summary>
    /// <inheritdoc cref="RunAsync"/>
    /// <exception cref="MachineAssertionException">
    /// It ended with exit code 0, or not in time; the message holds the command and the output.
    /// </exception>
    public async Task<CommandResult> FailAsync(
        string command, TimeSpan? timeout = null, string? input = null, CancellationToken cancellation = default)
    {
        var result = await RunAsync(command, timeout, input, cancellation);
        return result.Succeeded
            ? throw new MachineAssertionException($"on {Name}, a command succeeded that should fail\n{result.Describe()}")
            : result;
    }
}
