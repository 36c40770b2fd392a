namespace Hale.Store.Closure;

/// <summary>What happens to data of an older format than the software's.</summary>
public enum FormatChange
{
    /// <summary>The system is refused.</summary>
    Refuse,

    /// <summary>The software migrates it when it starts; a snapshot is made before.</summary>
    Migrate,
}

/// <summary>Data that a system's services keep: where it lies, and what its software can do with. What really lies there, the machine notes itself.</summary>
public sealed record ManifestState
{
    /// <summary>Its name, that of a file: <c>matrix-synapse</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The folders, absolute.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>The units that write it.</summary>
    public IReadOnlyList<string> Units { get; init; } = [];

    /// <summary>Whose data it must be; empty for anybody's.</summary>
    public string Identity { get; init; } = "";

    /// <summary>What people call that: <c>server name</c>.</summary>
    public string IdentityName { get; init; } = "identity";

    /// <summary>The format that the software writes; empty where it never changes.</summary>
    public string Format { get; init; } = "";

    /// <summary>What happens to data of an older one.</summary>
    public FormatChange OnChange { get; init; }

    /// <summary>The oldest format that can be migrated; empty for any.</summary>
    public string UpgradesFrom { get; init; } = "";

    /// <summary>Whether the software reads data of a newer format.</summary>
    public bool GoesBack { get; init; }

    /// <summary>What a person can do whose system is refused; empty for the usual hint.</summary>
    public string Advice { get; init; } = "";
}
