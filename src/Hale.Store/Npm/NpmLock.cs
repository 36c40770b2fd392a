using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Npm;

/// <summary>What a package is asked for by.</summary>
public sealed record NpmRequest
{
    /// <summary>Its name, with its scope where it has one.</summary>
    public required string Name { get; init; }

    /// <summary>Its exact version.</summary>
    public required string Version { get; init; }
}

/// <summary>One package of the registry, pinned.</summary>
public sealed record LockedNpm
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>SHA-512 of its archive in lower-case hexadecimal digits: what the registry calls its integrity, in base 64.</summary>
    public required string Sha512 { get; init; }
}

/// <summary>JSON of a request and its lock, as <c>hale.lock</c> holds them.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(NpmRequest))]
[JsonSerializable(typeof(LockedNpm))]
public sealed partial class NpmLockJson : JsonSerializerContext
{
    /// <summary>Writes a request for <see cref="Lock.LockFile.StateOf"/>, without the descriptions of types that make a start slow.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="request">The request.</param>
    public static void Write(Utf8JsonWriter writer, NpmRequest request) => Default.NpmRequestSerializeHandler(writer, request);
}
