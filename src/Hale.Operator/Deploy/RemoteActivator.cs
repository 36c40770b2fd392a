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
    /// <summary>The one of the system that the machine is in.</summary>
    public static RemoteActivator OfCurrent(SshConnection ssh, string host) =>
        new(ssh, host, "/etc/hale/system/activator", "/etc/hale/system/runtime");

    /// <summary>Runs a verb that speaks in events; each is reported.</summary>
    /// <param name="arguments">The verb and its options.</param>
    /// <param name="input">Its standard input; none where null.</param>
    /// <param name="reporter">Who hears the events.</param>
    /// <param name="cancellation">Ends the connection of the command; what the machine has begun it finishes or takes back.</param>
    /// <returns>All events, in order.</returns>
    /// <exception cref="UserError">The connection failed, or the activator ended without a word.</exception>
    public async Task<IReadOnlyList<ActivationEvent>> RunAsync(
        IEnumerable<string> arguments, Func<Stream, CancellationToken, Task>? input, IReporter reporter, CancellationToken cancellation)
    {
        var events = new List<ActivationEvent>();
        var result = await ssh.RunAsync(Command(arguments), input, Take, cancellation).ConfigureAwait(false);
        return events.Count > 0 ? events : throw new UserError(
            $"The activator on {ssh.Name} ended with code {result.ExitCode}: {(result.Error.Trim() is { Length: > 0 } said ? said : "it said nothing")}",
            "If its disk or memory is full, that is the cause; otherwise this is a defect of Hale.")
        { ExitCode = Outcome.Failed.ExitCode() };

        void Take(string line)
        {
            if (line.Length == 0)
                return;
            try
            {
                var happened = JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)!;
                events.Add(happened);
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
            throw new UserError($"The activator on {ssh.Name} failed: {(result.Error + result.Output).Trim()}", "")
            { ExitCode = Outcome.Failed.ExitCode() };
        return result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private string Command(IEnumerable<string> arguments) =>
        string.Join(' ', (string[])[
            $"DOTNET_ROOT={SshConnection.Quote(runtime)}", "DOTNET_TieredPGO=0", SshConnection.Quote($"{activator}/bin/hale-activator"),
            .. arguments.Select(SshConnection.Quote),
            // Ended by a signal it would look like a lost connection.
            "|| exit $?"]);
}
