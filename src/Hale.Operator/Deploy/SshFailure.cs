using Hale.Store;

namespace Hale.Operator.Deploy;

/// <summary>What ssh's last words mean, and what to try.</summary>
internal static class SshFailure
{
    private const int Unreachable = 5;

    /// <summary>The error for a person.</summary>
    /// <param name="target">Whom we wanted to reach.</param>
    /// <param name="said">What ssh wrote.</param>
    /// <param name="wasOpen">Whether the machine had let us in before.</param>
    public static UserError Explain(SshTarget target, string said, bool wasOpen)
    {
        var lines = said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var last = lines.LastOrDefault(line => !line.StartsWith('@')) ?? "ssh ended without a word";
        var machine = target.Destination;
        var command = $"ssh {string.Join(' ', target.Options.Append(machine))}";
        var (message, hint) = said switch
        {
            _ when Says("REMOTE HOST IDENTIFICATION HAS CHANGED") => (
                $"{machine} shows another host key than before: it was installed anew, or somebody stands in between.",
                $"Compare its key with the machine's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub there), then forget the old one: ssh-keygen -R {Host(machine)}"),
            _ when Says("Host key verification failed") => (
                $"{machine} is not known to this computer yet, so its host key cannot be checked.",
                $"Look at its key once, and accept it: {command}"),
            _ when Says("Permission denied") || Says("Too many authentication failures") => (
                $"{machine} refuses the key: {last}",
                $"Give it your public key (ssh-copy-id {machine}), or load the right one into your agent. It must work without a password: {command} true"),
            _ when Says("Could not resolve hostname") || Says("Name or service not known") || Says("nodename nor servname") => (
                $"{machine} cannot be found: {last}", "Check the address in fleet.cs, and this computer's network."),
            _ when Says("Connection refused") =>
                ($"{machine} is there, but refuses ssh: {last}", "Is sshd running there, and on this port? Check Address and SshPort."),
            _ when !wasOpen && (Says("timed out") || Says("No route to host") || Says("Network is unreachable")) => (
                $"{machine} does not answer: {last}", "Is it on, and does its firewall let ssh in from here?"),
            _ when Says("identity file") || Says("Load key") || Says("no such identity") =>
                ($"ssh cannot use its key for {machine}: {last}", $"Try it by itself: {command}"),
            _ when Says("Bad configuration option") || Says("no argument after keyword") =>
                ($"ssh refuses its configuration: {last}", "Mend ~/.ssh/config."),
            _ when wasOpen => (
                $"The connection to {machine} was lost: {last}",
                "Run the same command again. Nothing is half-done: what arrived whole is kept, and an activation that was cut short finishes or goes back by itself."),
            _ => ($"{machine} cannot be reached: {last}", $"Try it by itself: {command}"),
        };
        return new UserError(message, hint) { ExitCode = Unreachable };

        bool Says(string words) => said.Contains(words, StringComparison.OrdinalIgnoreCase);
    }

    private static string Host(string destination) => destination[(destination.LastIndexOf('@') + 1)..];
}
