using Hale.Produce;
using Hale.Store.Closure;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>A host's system, whole in the store of this computer.</summary>
public sealed record BuiltSystem
{
    /// <summary>What it was built from.</summary>
    public required HostPlan Plan { get; init; }

    /// <summary>The system closure's own path: <c>hale-system-HOST</c>.</summary>
    public required StorePath System { get; init; }

    /// <summary>What it makes of a machine.</summary>
    public required SystemManifest Manifest { get; init; }

    /// <summary>The activator in it.</summary>
    public required StorePath Activator { get; init; }

    /// <summary>The .NET runtime in it.</summary>
    public required StorePath Runtime { get; init; }

    /// <summary>The system and all it needs, each after what it needs.</summary>
    public required IReadOnlyList<PathInfo> Closure { get; init; }

    /// <summary>The pinned sources that were replaced for this command, as <c>NAME=PATH</c>.</summary>
    public IReadOnlyList<string> Overridden { get; init; } = [];

    /// <summary>The bytes of all its archives, uncompressed.</summary>
    public long Size => Closure.Sum(path => path.NarSize);
}
