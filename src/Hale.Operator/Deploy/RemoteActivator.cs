using System.Text.Json;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator.Deploy;

/// <summary>The activator on a machine: runs its verbs and passes on what it says.</summary>
/// <param name="ssh">The connection.</param>
/// <param name="host">The host's name, for events.</param>
/// <param name="activator">The activator's folder on the machine.</param>
/// <param name="runtime">The runtime's folder on the machine.</param>
internal sealed class RemoteActivator(SshConnection ssh, string host, string activator, string runtime)
{
    /// <summary>How .NET's launcher ends where it finds no runtime, or a broken one.</summary>
    private const int NoRuntime = 131;

    /// <summary>The one of a system, whatever the machine comes to run meanwhile: going back may lead to one that is older and can do less.</summary>
    public static RemoteActivator OfSystem(SshConnection ssh, string host, string system) => new(ssh, host, $"{system}/activator", $"{system}/runtime");

    /// <summary>The same activator over another connection.</summary>
    public RemoteActivator Over(SshConnection other) => new(other, host, activator, runtime);

    /// <summary>Runs a verb that speaks in events; each is reported.</summary>
    /// <param name="arguments">The verb and its options.</param>
    /// <param name="input">Its standard input; none where null.</param>
    /// <param name="reporter">Who hears the events.</param>
    /// <param name="cancellation">Ends the connection of the command; what the machine has begun it finishes or takes back.</param>
    /// <returns>All events, in order.</returns>
    /// <exception cref="UserError">The connection failed, or the activator ended without a word.</exception>
    public async Task<IReadOnlyList<ActivationEvent>> RunAsync(
        IEnumerable<string> arguments, Func<Stream, CancellationToken, Task>? input, IReporter reporter, CancellationToken cancellation) =>
        await RunAsync(Command(arguments), input, reporter, null, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Runs a verb in a unit of its own on the machine: it goes on when the connection, or sshd itself, ends; and where it is killed,
    /// systemd has what it began finished or taken back.
    /// </summary>
    /// <param name="unit">The unit's name, without its suffix.</param>
    /// <param name="arguments">The verb and its options.</param>
    /// <param name="reporter">Who hears the events.</param>
    /// <param name="heard">Told of each event as it comes.</param>
    /// <param name="cancellation">Ends the connection; the unit goes on.</param>
    /// <exception cref="UserError">The connection failed, or the activator ended without a word.</exception>
    public Task<IReadOnlyList<ActivationEvent>> RunUnitAsync(
        string unit, IEnumerable<string> arguments, IReporter reporter, Action<ActivationEvent> heard, CancellationToken cancellation)
    {
        var program = $"{activator}/bin/hale-activator";
        var command = string.Join(' ', (string[])[
            "systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--service-type=exec", SshConnection.Quote($"--unit={unit}"),
            "--property=Description='Hale: switch to another generation'", "--property=OOMScoreAdjust=-900", "--property=DefaultDependencies=no",
            // Going back starts units, and takes as long as they do.
            "--property=TimeoutStopSec=15min",
            SshConnection.Quote($"--property=ExecStopPost=/bin/sh -c 'ls /var/lib/hale/journal.json* /var/lib/hale/outcome.json.* 2>/dev/null | grep -q . || exit 0; exec {program} recover >/dev/null 2>&1'"),
            SshConnection.Quote($"--setenv=DOTNET_ROOT={runtime}"), "--setenv=DOTNET_TieredPGO=0", "--", SshConnection.Quote(program),
            .. arguments.Select(SshConnection.Quote)]);
        return RunAsync(command, null, reporter, heard, cancellation);
    }

    private async Task<IReadOnlyList<ActivationEvent>> RunAsync(
        string command, Func<Stream, CancellationToken, Task>? input, IReporter reporter, Action<ActivationEvent>? heard, CancellationToken cancellation)
    {
        var events = new List<ActivationEvent>();
        var result = await ssh.RunAsync(command, input, Take, cancellation).ConfigureAwait(false);
        return events.Count > 0 ? events : throw Failed(result);

        void Take(string line)
        {
            if (line.Length == 0)
                return;
            try
            {
                var happened = JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)!;
                events.Add(happened);
                heard?.Invoke(happened);
                reporter.Report(new FromMachine(host, happened));
            }
            catch (JsonException)
            {
                reporter.Report(new Warned($"{host}: {line}"));
            }
        }
    }

    /// <summary>Runs a verb that answers with plain lines.</summary>
    /// <exception cref="UserError">It failed, or the connection did.</exception>
    public async Task<IReadOnlyList<string>> LinesAsync(IEnumerable<string> arguments, string input, CancellationToken cancellation)
    {
        var result = await ssh.RunAsync(Command(arguments), input, cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw Failed(result with { Error = result.Error + result.Output });
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>It ended without a word of its own: what the shell, or the runtime's start, said of it.</summary>
    private UserError Failed(SshResult result)
    {
        var said = result.Error.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return new UserError(
            // Without its runtime it goes on about where to find one.
            $"The activator on {ssh.Name} ended with code {result.ExitCode}: {(said.Length == 0 ? "it said nothing" : result.ExitCode == NoRuntime ? said[0] : string.Join('\n', said))}",
            $"If its disk or memory is full, that is the cause. If it or its runtime is damaged: hale verify {host} --repair overwrite. Otherwise this is a defect of Hale.")
        { ExitCode = Outcome.Failed.ExitCode() };
    }

    private string Command(IEnumerable<string> arguments) =>
        string.Join(' ', (string[])[
            $"DOTNET_ROOT={SshConnection.Quote(runtime)}", "DOTNET_TieredPGO=0", SshConnection.Quote($"{activator}/bin/hale-activator"),
            .. arguments.Select(SshConnection.Quote),
            // Ended by a signal it would look like a lost connection.
            "|| exit $?"]);
}
