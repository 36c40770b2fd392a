using System.Text.Json.Serialization;
using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>What an activation does to some data.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataMoveKind>))]
internal enum DataMoveKind
{
    /// <summary>Nothing: only what is noted of them changes.</summary>
    Note,

    /// <summary>A copy is kept with the generation that is left.</summary>
    Snapshot,

    /// <summary>They go to the generation that is left, and a snapshot of another takes their place.</summary>
    Restore,
}

/// <summary>One change of data, in the journal before it begins: all that it takes to do it, and to take it back.</summary>
internal sealed record DataMove
{
    public required string Name { get; init; }

    public required DataMoveKind Kind { get; init; }

    /// <summary>The declared folders.</summary>
    public IReadOnlyList<string> Paths { get; init => field = value ?? []; } = [];

    /// <summary>The units that must be down.</summary>
    public IReadOnlyList<string> Units { get; init => field = value ?? []; } = [];

    /// <summary>Whether there were data before.</summary>
    public bool HadData { get; init; }

    /// <summary>What was noted before; null for nothing.</summary>
    public DataRecord? Before { get; init; }

    /// <summary>What is noted then. Its time tells the snapshot of this move from others.</summary>
    public required DataRecord After { get; init; }

    /// <summary>The generation that keeps the data as they were.</summary>
    public int Home { get; init; }

    /// <summary>Of a restore, the generation whose snapshot is put back.</summary>
    public int From { get; init; }
}

/// <summary>A snapshot in a generation's folder: <c>state/NAME/snapshot.json</c>, and beside it a folder by number for each folder of data.</summary>
internal sealed record KeptData
{
    public required StateSnapshot Snapshot { get; init; }

    public IReadOnlyList<KeptFolder> Folders { get; init => field = value ?? []; } = [];
}

/// <summary>One folder of a snapshot.</summary>
/// <param name="Path">As it was declared.</param>
/// <param name="Real">Where it lay.</param>
/// <param name="Number">Its name in the snapshot.</param>
internal sealed record KeptFolder(string Path, string Real, int Number);
