using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Download;

/// <summary>What a download is asked for by, where the declaration names no hash.</summary>
public sealed record DownloadRequest
{
    /// <summary>Its address.</summary>
    public required string Url { get; init; }

    /// <summary>The version that the declaration calls it by; empty for none.</summary>
    public string Version { get; init; } = "";
}

/// <summary>The file that was at an address when it was pinned.</summary>
public sealed record LockedDownload
{
    /// <summary>What people call it: the declared version, or else the last part of the address.</summary>
    public required string Version { get; init; }

    /// <summary>Its SHA-256 in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its size in bytes.</summary>
    public required long Size { get; init; }
}

/// <summary>JSON of a request and its lock, as <c>hale.lock</c> holds them.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(DownloadRequest))]
[JsonSerializable(typeof(LockedDownload))]
public sealed partial class DownloadLockJson : JsonSerializerContext
{
    /// <summary>Writes a request for <see cref="Lock.LockFile.StateOf"/>, without the descriptions of types that make a start slow.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="request">The request.</param>
    public static void Write(Utf8JsonWriter writer, DownloadRequest request) => Default.DownloadRequestSerializeHandler(writer, request);
}
