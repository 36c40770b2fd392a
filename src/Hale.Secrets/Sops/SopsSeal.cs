using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets;

/// <summary>Opens the leaves of a document with its data key, and makes and checks the code over all of them.</summary>
internal static class SopsSeal
{
    /// <summary>A code with mac_only_encrypted starts with the hash of "sops", so that it never equals one without.</summary>
    private static readonly byte[] OnlyEncryptedStart = SHA256.HashData("sops"u8);

    /// <summary>Every leaf in the clear, comments among them, once the code is checked; nothing before.</summary>
    internal static Dictionary<SopsNode, SopsValue> Open(SopsDocument document, SopsMetadata metadata, byte[] key)
    {
        var values = Values(document, metadata, key);
        var expected = SopsCipher.Decrypt(metadata.Mac, key, metadata.LastModified);
        if (expected is null || !CryptographicOperations.FixedTimeEquals(
            expected.Bytes, Encoding.ASCII.GetBytes(Mac(document, metadata, values))))
        {
            foreach (var value in values.Values)
                value.Wipe();
            throw Tampered(
                $"{document.File}: the values do not match the file's authentication code: one was changed, added, moved or removed without sops.");
        }

        return values;
    }

    /// <summary>The text with its code and time made new; its encrypted leaves must be encrypted already.</summary>
    internal static string Reseal(SopsDocument document, byte[] key, DateTimeOffset now)
    {
        var metadata = SopsMetadata.Read(document);
        var values = Values(document, metadata, key);
        var time = SopsMetadata.Time(now);
        var mac = SopsCipher.Encrypt(SopsValue.Of(SopsKind.Str, Mac(document, metadata, values)), key, time);
        foreach (var value in values.Values)
            value.Wipe();
        return Splice.Apply(document.Text,
        [
            new Splice(metadata.LastModifiedAt.Range, document.Scalar(SopsKind.Str, time, metadata.LastModifiedAt)),
            new Splice(metadata.MacAt.Range, document.Scalar(SopsKind.Str, mac, metadata.MacAt)),
        ]);
    }

    internal static SecretsError Tampered(string message) =>
        new(message, "Take the file from git again, and change it with hale secrets or sops.") { Fault = SecretsFault.Tampered };

    private static Dictionary<SopsNode, SopsValue> Values(SopsDocument document, SopsMetadata metadata, byte[] key)
    {
        var values = new Dictionary<SopsNode, SopsValue>(ReferenceEqualityComparer.Instance);
        foreach (var place in SopsWalk.Through(document.Root, metadata.Rule))
        {
            if (place.Node is SopsComment comment)
            {
                if (place.Encrypted && Comment(comment, place.Path, key) is { } text)
                    values[comment] = text;
            }
            else if (place.Node is SopsLeaf { Kind: not SopsKind.Null } leaf)
            {
                values[leaf] = place.Encrypted ? Decrypted(document, leaf, place, key) : SopsValue.Of(leaf.Kind, leaf.Text);
            }
        }

        return values;
    }

    private static SopsValue Decrypted(SopsDocument document, SopsLeaf leaf, SopsPlace place, byte[] key)
    {
        var name = string.Join('/', place.Path);
        if (leaf.Kind != SopsKind.Str || (leaf.Text.Length > 0 && !SopsCipher.Looks(leaf.Text)))
            throw Tampered($"{document.File}:{document.LineOf(leaf.Range.Start)}: the value {name} is not encrypted, and should be.");
        return SopsCipher.Decrypt(leaf.Text, key, place.Bound)
            ?? throw Tampered(
                $"{document.File}:{document.LineOf(leaf.Range.Start)}: the value {name} does not decrypt: it was changed, or moved here from another key or file.");
    }

    /// <summary>A comment that cannot be decrypted is taken for one that never was encrypted, as sops does.</summary>
    private static SopsValue? Comment(SopsComment comment, IReadOnlyList<string> path, byte[] key)
    {
        if (!SopsCipher.Looks(comment.Text))
            return null;
        // sops may count a comment between two levels to either.
        for (var depth = path.Count; depth >= 0; depth--)
            if (SopsCipher.Decrypt(comment.Text, key, SopsPlace.BoundTo(path.Take(depth))) is { Kind: SopsKind.Comment } text)
                return text;
        return null;
    }

    private static string Mac(SopsDocument document, SopsMetadata metadata, Dictionary<SopsNode, SopsValue> values)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA512);
        if (metadata.MacOnlyEncrypted)
            hash.AppendData(OnlyEncryptedStart);
        foreach (var place in SopsWalk.Through(document.Root, metadata.Rule))
            if (place.Node is SopsLeaf && values.TryGetValue(place.Node, out var value) && (place.Encrypted || !metadata.MacOnlyEncrypted))
                hash.AppendData(value.Bytes);
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
