using Hale.Operator;
using Hale.Operator.Deploy;

namespace Hale.Lab.Commands;

/// <summary>The verbs that the lab adds to the command line. The operator finds this type when Hale.Lab lies beside it.</summary>
public sealed class LabVerbs : IVerbProvider
{
    private const int Https = 443;

    /// <inheritdoc/>
    public IEnumerable<Verb> Verbs(VerbContext context) => [TryVerb.Create(context)];

    /// <inheritdoc/>
    public TriedMachine? Kept(VerbContext context, string host)
    {
        ArgumentNullException.ThrowIfNull(context);
        return TryRecord.Find(context.FleetFile, host) is { } kept
            ? new(TargetOf(kept.Ssh), url => LoopbackPorts.Address(url, kept.Ports), kept.Ports.GetValueOrDefault(Https, Https), kept.Certificate)
            : null;
    }

    internal static SshTarget TargetOf(SshAccess ssh) => new(ssh.Destination) { Options = ssh.Options };
}
