using System.Security.Cryptography;
using System.Text;

namespace Hale.Store.Paths;

/// <summary>How contents become a path (Nix manual, "Store path specification"). Pure.</summary>
public static class StorePaths
{
    /// <summary>The path of a tree or file that is named by the hash of its NAR: Nix's kind <c>source</c>, and the kind of everything Hale makes.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="narHash">SHA-256 of its NAR.</param>
    /// <param name="references">The store paths it needs; order and repetition do not matter.</param>
    /// <exception cref="ArgumentException">The name is not one (<see cref="StorePath.WrongWith"/>).</exception>
    public static StorePath OfTree(string name, Sha256Hash narHash, IEnumerable<StorePath> references)
    {
        ArgumentNullException.ThrowIfNull(narHash);
        return Make(WithReferences("source", references), narHash.Hex, name);
    }

    /// <summary>The path of a text that is named by the hash of its bytes: Nix's kind <c>text</c>, that of derivations.</summary>
    /// <inheritdoc cref="OfTree" path="/exception"/>
    public static StorePath OfText(string name, ReadOnlySpan<byte> content, IEnumerable<StorePath> references) =>
        Make(WithReferences("text", references), Convert.ToHexStringLower(SHA256.HashData(content)), name);

    /// <summary>The path of what has a hash of its own, without references: a download, or a tree by another hash than SHA-256.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="recursive">Whether the hash is that of the NAR, or of the plain file.</param>
    /// <param name="algorithm"><c>sha256</c>, <c>sha512</c>, <c>sha1</c> or <c>md5</c>.</param>
    /// <param name="hash">The hash.</param>
    /// <inheritdoc cref="OfTree" path="/exception"/>
    public static StorePath OfFixed(string name, bool recursive, string algorithm, ReadOnlySpan<byte> hash)
    {
        if (recursive && algorithm == "sha256")
            return Make("source", Convert.ToHexStringLower(hash), name);
        var inner = $"fixed:out:{(recursive ? "r:" : "")}{algorithm}:{Convert.ToHexStringLower(hash)}:";
        return Make("output:out", Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(inner))), name);
    }

    private static string WithReferences(string type, IEnumerable<StorePath> references) =>
        string.Join(':', references.Distinct().Order().Select(path => path.ToString()).Prepend(type));

    private static StorePath Make(string type, string inner, string name)
    {
        if (StorePath.WrongWith(name) is { } wrong)
            throw new ArgumentException($"\"{name}\" cannot be a store path's name: {wrong}.", nameof(name));
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.ASCII.GetBytes($"{type}:sha256:{inner}:{StorePath.StoreFolder}:{name}"), hash);
        for (var at = 20; at < 32; at++)
            hash[at - 20] ^= hash[at];
        return new StorePath($"{Base32.Encode(hash[..20])}-{name}");
    }
}
