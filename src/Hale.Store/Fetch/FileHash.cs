using System.Security.Cryptography;

namespace Hale.Store.Fetch;

/// <summary>The hash that a file is known by.</summary>
/// <param name="Algorithm">SHA-256 or SHA-512.</param>
/// <param name="Hex">Its digits, hexadecimal, lower case.</param>
internal sealed record FileHash(HashAlgorithmName Algorithm, string Hex)
{
    /// <summary>A SHA-256 from its digits.</summary>
    public static FileHash Sha256(string hex) => new(HashAlgorithmName.SHA256, hex);

    /// <summary>A SHA-512 from its digits.</summary>
    public static FileHash Sha512(string hex) => new(HashAlgorithmName.SHA512, hex);

    /// <summary>The folder of the cache for its kind: <c>sha256</c>.</summary>
    public string Kind => Algorithm.Name!.ToLowerInvariant();

    /// <summary>The hash of the same kind that some content has, read to its end.</summary>
    public async Task<FileHash> OfAsync(Stream content, CancellationToken cancellation) =>
        this with { Hex = Convert.ToHexStringLower(await CryptographicOperations.HashDataAsync(Algorithm, content, cancellation).ConfigureAwait(false)) };

    /// <summary><c>SHA-256 0123…</c></summary>
    public override string ToString() => $"{Algorithm.Name!.Insert(3, "-")} {Hex}";
}
