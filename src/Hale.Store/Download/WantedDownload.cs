namespace Hale.Store.Download;

/// <summary>What a file becomes in the store.</summary>
public enum FileForm
{
    /// <summary>An archive, unpacked into a folder.</summary>
    Archive,

    /// <summary>A program, as <c>bin/NAME</c> in a folder; decompressed where it is compressed.</summary>
    Executable,

    /// <summary>The file as it is.</summary>
    File,
}

/// <summary>A file to have in the store, with all that its path follows from.</summary>
public sealed record WantedDownload
{
    /// <summary>Its name, in the lock and of the program.</summary>
    public required string Name { get; init; }

    /// <summary>Its version; empty for none.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its address.</summary>
    public required string Url { get; init; }

    /// <summary>Its SHA-256 in lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its size in bytes; null where only the declaration names its hash.</summary>
    public long? Size { get; init; }

    /// <summary>What it becomes.</summary>
    public FileForm Form { get; init; }

    /// <summary>How many leading folders of an archive's paths are cut off.</summary>
    public int StripComponents { get; init; }

    /// <summary>Debian's name of the architecture that its programs must run on: <c>amd64</c> or <c>arm64</c>.</summary>
    public required string Architecture { get; init; }
}
