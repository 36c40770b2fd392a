using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// Accounts for programs at the host's <see cref="Matrix"/>, a private Space that they are all in, and rooms in it: made at the first start
/// and kept as declared. Each agent finds its access token in its own state directory, and never sees what it was made with.
/// </summary>
public sealed record Hive : Module
{
    /// <summary>The accounts. One that is taken out of the list keeps its account, which <see cref="Retired"/> ends.</summary>
    public EquatableArray<Agent> Agents { get; init => Assign(ref field, value); } = [];

    /// <summary>The rooms of the Space.</summary>
    public EquatableArray<HiveRoom> Rooms { get; init => Assign(ref field, value); } = [new HiveRoom("hive-chat")];

    /// <summary>The name of the Space.</summary>
    public string SpaceName { get; init => Assign(ref field, value); } = "hive";

    /// <summary>What the Space is about; empty leaves that alone.</summary>
    public string SpaceTopic { get; init => Assign(ref field, value); } = "";

    /// <summary>The local part of the account that owns the Space and the rooms; it is no administrator of the homeserver.</summary>
    public string AdminUser { get; init => Assign(ref field, value); } = "hive";

    /// <summary>
    /// Names of agents whose accounts are deactivated, for good: they can never be used again. What they said stays. Never do it by
    /// leaving one out of <see cref="Agents"/>.
    /// </summary>
    public EquatableArray<string> Retired { get; init => Assign(ref field, value); } = [];

    /// <summary>The version that rooms are made with, 8 to 12 (Matrix specification, "Room Versions"); those that there are keep theirs.</summary>
    public string RoomVersion { get; init => Assign(ref field, value); } = "10";

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host) =>
        host.Find<Matrix>() is null ? [] : [new UnitCheck("Agents, Space and rooms are there", HiveUnits.Name) { Limit = HiveUnits.Patience(this) }];

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host) => HiveChecks.Of(this, host);

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host) => host.Find<Matrix>() is { } matrix ? HiveUnits.Of(this, matrix, host) : [];
}
