namespace Hale.Store.Compression;

/// <summary>The compressions that archives and binary caches use.</summary>
public enum CompressionFormat
{
    /// <summary>Plain bytes.</summary>
    None,

    /// <summary>gzip (RFC 1952), one member.</summary>
    Gzip,

    /// <summary>xz, any number of concatenated streams.</summary>
    Xz,

    /// <summary>Zstandard (RFC 8878), any number of concatenated frames.</summary>
    Zstd,
}
