using Hale.Operator.Build;
using Hale.Operator.Verify;

namespace Hale.Operator.Deploy;

/// <summary>A machine that was looked at, the connection to it, and the system that was built for it.</summary>
/// <param name="System">The system.</param>
/// <param name="Facts">What the machine is.</param>
/// <param name="Ssh">The connection.</param>
/// <param name="Link">What copies to it.</param>
/// <param name="Target">Where it is.</param>
internal sealed record Ready(BuiltSystem System, MachineFacts Facts, SshConnection Ssh, MachineLink Link, SshTarget Target)
{
    /// <summary>The host's name.</summary>
    public string Host => System.Plan.Host.Name;

    /// <summary>Whether the machine is in this very system with its very secrets, and well.</summary>
    public bool IsDone =>
        Facts.System == System.System.ToString() && Facts.Boot == Facts.System && Facts.Sealed == System.Manifest.Sealed && Facts.IsWhole && !Facts.IsInterrupted
        && !DriftGlance.Suspects(System.Manifest, System.Plan.Units, Facts.Drift);
}
