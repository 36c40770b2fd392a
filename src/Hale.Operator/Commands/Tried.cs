using System.CommandLine;
using Hale.Declare;
using Hale.Operator.Deploy;
using Hale.Store;

namespace Hale.Operator;

/// <summary>A machine that a verb of another assembly keeps on this computer for a host: that of <c>hale try</c>.</summary>
/// <param name="Target">How it is reached.</param>
/// <param name="AddressOf">What an address of the host's is on this computer, where ports are others.</param>
/// <param name="HttpsPort">The port of this computer's loopback that leads to its port 443.</param>
/// <param name="Authority">The file of its own certificate authority; null where it has none.</param>
public sealed record TriedMachine(SshTarget Target, Func<string, string> AddressOf, int HttpsPort, string? Authority);

/// <summary>Which machine a verb means: the host's own, or with <c>--tried</c> the one that is tried here.</summary>
internal static class Tried
{
    private const int Unreachable = 5;

    /// <summary>How the machine is reached.</summary>
    /// <exception cref="UserError">The host has no address, or none is tried (5).</exception>
    public static SshTarget TargetOf(VerbContext context, ParseResult parsed, Host host) =>
        MachineOf(context, parsed, host.Name)?.Target ?? context.TargetOf(host);

    /// <summary>The machine that is tried; null where the host's own is meant.</summary>
    /// <exception cref="UserError">None is tried.</exception>
    public static TriedMachine? MachineOf(VerbContext context, ParseResult parsed, string host) =>
        !parsed.GetValue(context.Options.Tried) ? null
        : OtherVerbs.Kept(context, host) ?? throw new UserError(
            $"No machine is kept on this computer to try {host}.", $"Begin with one, in another terminal: hale try {host}")
        { ExitCode = Unreachable };
}
