using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Dotnet;

/// <summary>What the shared .NET runtime of an architecture is asked for by.</summary>
public sealed record DotnetRequest
{
    /// <summary>Debian's name of the architecture: <c>amd64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }
}

/// <summary>One NuGet package, pinned.</summary>
public sealed record LockedNuGet
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>SHA-512 of the .nupkg, in lower-case hexadecimal digits, as the lock has every hash.</summary>
    public required string Sha512 { get; init; }
}

/// <summary>The runtime of one version, pinned by the packages it is laid out from.</summary>
public sealed record DotnetLock
{
    /// <summary>The runtime's version: <c>10.0.12</c>.</summary>
    public required string Version { get; init; }

    /// <summary>The runtime, ASP.NET Core, and the host that programs start with; all of <see cref="Version"/>.</summary>
    public required IReadOnlyList<LockedNuGet> Packages { get; init; }
}

/// <summary>JSON of a request and its lock, as <c>hale.lock</c> holds them.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DotnetRequest))]
[JsonSerializable(typeof(DotnetLock))]
public sealed partial class DotnetLockJson : JsonSerializerContext
{
    /// <summary>Writes a request for <see cref="Lock.LockFile.StateOf"/>, without the descriptions of types that make a start slow.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="request">The request.</param>
    public static void Write(Utf8JsonWriter writer, DotnetRequest request) => Default.DotnetRequestSerializeHandler(writer, request);
}
