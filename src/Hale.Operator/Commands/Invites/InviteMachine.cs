using System.CommandLine;
using System.Text.Json;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary>Asks the service that keeps a machine's invites, by the program that its module names, over ssh.</summary>
internal static class InviteMachine
{
    private const int NotThere = 127;

    /// <summary>Asks; what the service finds wrong is refused as a problem of the declaration is.</summary>
    /// <exception cref="UserError">The host keeps no invites, cannot be reached, or its service does not answer.</exception>
    /// <exception cref="RefusedException">The service refused: all its reasons.</exception>
    public static async Task<(string Host, InviteAnswer Answer)> AskAsync(
        VerbContext context, ParseResult parsed, Argument<string[]> hosts, InviteQuestion question, CancellationToken cancellation)
    {
        var chosen = context.Chosen(parsed.GetValue(hosts) ?? [], all: false);
        if (chosen is not [var host])
            throw new UserError($"Invites are those of one host, and {chosen.Count} are named.", $"Name one: {Nearest.List([.. chosen])}")
            { ExitCode = HaleCommand.Usage };
        var plan = context.EvaluateAlone([host], inLab: parsed.GetValue(context.Options.Tried)).Single(plan => plan.Host.Name == host);
        if (plan.InviteDesks is not [var desk, ..])
            throw new UserError(
                $"{host} keeps no invites.", "Its Modules need one that does, such as new Registration(); then: hale deploy " + host);

        var tried = Tried.MachineOf(context, parsed, host);
        var target = tried?.Target ?? context.TargetOf(plan.Host);
        var ssh = new SshConnection(target);
        SshResult result;
        await using (ssh.ConfigureAwait(false))
        {
            var tool = SshConnection.Quote(desk.Tool);
            // Ended by a signal it would look like a lost connection.
            result = await ssh.RunAsync(
                $"[ -x {tool} ] || exit {NotThere}; {tool} || exit $?", JsonSerializer.Serialize(question, InviteWire.Default.InviteQuestion), cancellation)
                .ConfigureAwait(false);
        }
        if (result.ExitCode == NotThere)
            throw new UserError($"{target.Destination} has no service yet that keeps invites.", $"Deploy first: hale deploy {host}");
        var answer = Read(result, target.Destination, desk.Unit);
        return (host, tried is not null && answer.Link is { } link ? answer with { Link = tried.AddressOf(link) } : answer);
    }

    private static InviteAnswer Read(SshResult result, string destination, string unit)
    {
        InviteAnswer? answer;
        try
        {
            answer = JsonSerializer.Deserialize(result.Output, InviteWire.Default.InviteAnswer);
        }
        catch (JsonException)
        {
            answer = null;
        }
        if (answer is null)
            throw new UserError(
                $"{unit} on {destination} gave no answer: {((result.Error + result.Output).Trim() is { Length: > 0 } said ? said : "it said nothing")}",
                $"Its journal says why: ssh {destination} journalctl --unit {unit}")
            { ExitCode = Outcome.Failed.ExitCode() };
        return answer.Problems is { Count: > 0 } problems
            ? throw new RefusedException([.. problems.Select(problem => new Diagnostic(problem.Message) { Hint = problem.Hint })], new SourceText())
            : answer;
    }
}
