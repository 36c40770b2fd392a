using System.Globalization;
using Hale.Declare;
using Hale.Store;

namespace Hale.Operator.Deploy;

/// <summary>How the system's ssh reaches a machine. What is not said here is the user's own ssh configuration.</summary>
/// <param name="Destination">Who and where: <c>root@host</c>.</param>
public sealed record SshTarget(string Destination)
{
    /// <summary>More options for ssh, each one argument: <c>-oIdentityFile=…</c>, <c>-p</c>, <c>2222</c>.</summary>
    public IReadOnlyList<string> Options { get; init; } = [];

    /// <summary>Where a declared host is.</summary>
    /// <exception cref="UserError">It has no address.</exception>
    public static SshTarget Of(Host host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var address = host.Address ?? throw new UserError(
            $"The host {host.Name} has no address, so nothing can be deployed to it.",
            $"Say where it is: new Host(\"{host.Name}\") {{ Address = \"root@…\" }}, or try it on this computer: hale try {host.Name}");
        // The standard port is left to ssh, whose configuration may know another for this name.
        return new(address)
        { Options = host.SshPort.Number == 22 ? [] : ["-p", host.SshPort.Number.ToString(CultureInfo.InvariantCulture)] };
    }
}
