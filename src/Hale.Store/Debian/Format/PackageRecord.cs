namespace Hale.Store.Debian;

/// <summary>
/// One paragraph of a Packages index: the fields that resolving, fetching and unpacking need, relations still unparsed,
/// because a resolution looks at a few hundred of seventy thousand packages.
/// </summary>
internal sealed record PackageRecord
{
    /// <summary>The package's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required DebianVersion Version { get; init; }

    /// <summary>Its architecture: the index's own, or <c>all</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The suite whose index holds it, as the request named it.</summary>
    public required string Suite { get; init; }

    /// <summary>Path of the .deb below the archive's address.</summary>
    public required string File { get; init; }

    /// <summary>Size of the .deb in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256 of the .deb, in lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Pre-Depends and Depends.</summary>
    public string Depends { get; init; } = "";

    /// <summary>Provides.</summary>
    public string Provides { get; init; } = "";

    /// <summary>Conflicts and Breaks: to this closure one and the same.</summary>
    public string Conflicts { get; init; } = "";

    /// <summary>Whether <c>name:any</c> means it (Multi-Arch: allowed).</summary>
    public bool AllowsAny { get; init; }

    /// <summary>Rank of its Priority field, 0 (required) to 4 (extra): the first of several providers is the lowest.</summary>
    public int Priority { get; init; } = 3;

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Version}";
}
