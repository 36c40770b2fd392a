using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Debian;

/// <summary>A package asked for by name, from any of the request's suites or from one.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Suite">The suite it must come from; null for the first that has it.</param>
public sealed record DebianPackage(string Name, string? Suite = null);

/// <summary>What a root is to hold: what a person decides, and a lock entry answers.</summary>
public sealed record DebianRequest
{
    /// <summary>The packages; what they depend on comes along.</summary>
    public required IReadOnlyList<DebianPackage> Packages { get; init; }

    /// <summary>
    /// The suites to take them from, the preferred first. <c>trixie</c>, <c>trixie-updates</c> and <c>trixie-security</c> are one
    /// release, of which the highest version counts; a suite of another release only gives what the earlier ones cannot.
    /// </summary>
    public required IReadOnlyList<string> Suites { get; init; }

    /// <summary>Debian's name of the architecture: <c>amd64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>
    /// Packages to leave out although something depends on them: those that only maintainer scripts need, for none is run
    /// (<c>adduser</c>, <c>debconf</c>). What only they need is left out too.
    /// </summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Whether to keep what no service reads: documentation but for copyright, manuals, translated messages.</summary>
    public bool Complete { get; init; }
}

/// <summary>The state of a suite that a lock was made from.</summary>
public sealed record LockedSuite
{
    /// <summary>Its name in the request.</summary>
    public required string Name { get; init; }

    /// <summary>The name the archive gives it.</summary>
    public required string Codename { get; init; }

    /// <summary>When the archive made the index (UTC). A later lock refuses an older one.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>SHA-256 of the InRelease file, in hex.</summary>
    public required string InRelease { get; init; }
}

/// <summary>One .deb of a closure.</summary>
public sealed record LockedPackage
{
    /// <summary>The package's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>Its architecture, or <c>all</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The suite of the request that holds it.</summary>
    public required string Suite { get; init; }

    /// <summary>Path of the .deb below the archive's address.</summary>
    public required string File { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Its SHA-256 in hex.</summary>
    public required string Sha256 { get; init; }
}

/// <summary>A closure of Debian packages, pinned: with the request, everything that a root's bytes follow from.</summary>
public sealed record DebianLock
{
    /// <summary>The suites it was resolved from, in the request's order.</summary>
    public required IReadOnlyList<LockedSuite> Suites { get; init; }

    /// <summary>The packages, sorted by name.</summary>
    public required IReadOnlyList<LockedPackage> Packages { get; init; }
}

/// <summary>JSON of a request and of the lock that answers it, as <c>hale.lock</c> holds them.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DebianRequest))]
[JsonSerializable(typeof(DebianLock))]
public sealed partial class DebianLockJson : JsonSerializerContext
{
    /// <summary>Writes a request for <see cref="Lock.LockFile.StateOf"/>, without the descriptions of types that make a start slow.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="request">The request.</param>
    public static void Write(Utf8JsonWriter writer, DebianRequest request) => Default.DebianRequestSerializeHandler(writer, request);
}
