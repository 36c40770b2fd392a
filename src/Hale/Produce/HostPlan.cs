using Hale.Contribute;
using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// All that one host comes to, before anything is built: the result of evaluation. Lists are sorted, so that the same
/// declaration gives the same plan on any computer.
/// </summary>
public sealed record HostPlan
{
    /// <summary>The host.</summary>
    public required Host Host { get; init; }

    /// <summary>The fleet that it belongs to.</summary>
    public required Fleet Fleet { get; init; }

    /// <summary>Its units.</summary>
    public required EquatableArray<Unit> Units { get; init; }

    /// <summary>The unit files, one for each of <see cref="Units"/>, in the same order.</summary>
    public required EquatableArray<TextFile> UnitFiles { get; init; }

    /// <summary>Its files below /etc, sysusers.d and tmpfiles.d among them.</summary>
    public required EquatableArray<EtcFile> Files { get; init; }

    /// <summary>The secrets that it makes or needs, each once, by name.</summary>
    public required EquatableArray<PlannedSecret> Secrets { get; init; }

    /// <summary>Of these, those that a test machine makes up although their values are in sops files; empty for any other machine.</summary>
    public EquatableArray<string> StandIns { get; init; } = [];

    /// <summary>The files with secrets in them, by name.</summary>
    public required EquatableArray<SecretTemplate> Templates { get; init; }

    /// <summary>The data that its services keep, by name.</summary>
    public EquatableArray<StateDirectory> State { get; init; } = [];

    /// <summary>What must answer after activation.</summary>
    public required EquatableArray<HealthCheck> Checks { get; init; }

    /// <summary>The ports that other machines may reach.</summary>
    public required EquatableArray<FirewallPort> Ports { get; init; }

    /// <summary>What must be so for people and servers elsewhere, each once, in the order of declaration.</summary>
    public EquatableArray<OutsideCheck> Outside { get; init; } = [];

    /// <summary>What a person may want to open.</summary>
    public required EquatableArray<Reachable> Reachable { get; init; }

    /// <summary>Where invites are made.</summary>
    public EquatableArray<InviteDesk> InviteDesks { get; init; } = [];

    /// <summary>Certificate authorities of the machine's own.</summary>
    public required EquatableArray<TrustRoot> TrustRoots { get; init; }

    /// <summary>Everything to build, each once, inputs before what is made from them.</summary>
    public required EquatableArray<Derivation> Derivations { get; init; }
}

/// <summary>A secret of a host.</summary>
/// <param name="Staged">The secret, and how it lies on the machine.</param>
/// <param name="Where">The line that declared it, or what uses it.</param>
public sealed record PlannedSecret(MachineSecret Staged, SourceLocation Where)
{
    /// <summary>The secret.</summary>
    public Secret Secret => Staged.Secret;
}
