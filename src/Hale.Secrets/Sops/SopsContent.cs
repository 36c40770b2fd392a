using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets;

/// <summary>
/// The decrypted, verified values of a sops file, for as long as they are needed: disposing wipes them. Edits give the new encrypted file,
/// in which every line that was not touched, every other value's ciphertext, the order and the comments are as they were.
/// </summary>
public sealed class SopsContent : IDisposable
{
    private readonly byte[] key;
    private readonly Dictionary<SopsNode, SopsValue> values;

    internal SopsContent(SopsFile file, byte[] key, Dictionary<SopsNode, SopsValue> values)
    {
        File = file;
        this.key = key;
        this.values = values;
    }

    /// <summary>The file it came from.</summary>
    public SopsFile File { get; }

    /// <summary>Whether there is a value of that name: keys and list indexes joined by "/".</summary>
    /// <param name="name">Such as bot/access_token.</param>
    public bool Contains(string name) => SopsPath.Find(File.Document.Root, name) is SopsLeaf;

    /// <summary>The bytes of a value; a copy, which the caller wipes. Numbers and bools are their text; null and "" are empty.</summary>
    /// <param name="name">Its name, such as bot/access_token.</param>
    /// <exception cref="SecretsError">There is none, or it is a map or a list.</exception>
    public byte[] GetBytes(string name) => values.TryGetValue(Leaf(name), out var value) ? value.Bytes.ToArray() : [];

    /// <summary>A value as text.</summary>
    /// <param name="name">Its name, such as bot/access_token.</param>
    /// <exception cref="SecretsError">There is none, it is a map or a list, or it is not UTF-8.</exception>
    public string GetString(string name) => values.TryGetValue(Leaf(name), out var value)
        ? value.Text() ?? throw new SecretsError($"{File.Name}: the value {name} is not text.", "Read it as bytes.")
        : "";

    /// <summary>
    /// The whole file in the clear, as a person edits it; <see cref="Replace"/> takes it back. For a binary file its bytes.
    /// </summary>
    /// <exception cref="SecretsError">A value is not text, or the format cannot show it.</exception>
    public byte[] ToPlaintext()
    {
        if (File.Format == SopsFormat.Binary)
            return GetBytes(BinaryKey);
        var document = File.Document;
        var clear = new List<Splice>();
        foreach (var place in Encrypted())
        {
            var value = values[place.Node];
            var text = value.Text() ?? throw new SecretsError(
                $"{File.Name}: the value {string.Join('/', place.Path)} is not text.", "Change it with hale secrets set.");
            if (place.Node is SopsLeaf leaf)
                clear.Add(new Splice(leaf.Range, document.Scalar(value.Kind, text, leaf)));
            else if (!text.Contains('\n', StringComparison.Ordinal))
                clear.Add(new Splice(place.Node.Range, text));
        }

        return Encoding.UTF8.GetBytes(SopsDocument.Parse(File.Name, Splice.Apply(document.Text, clear), File.Format).Detach().Body);
    }

    /// <summary>The file with another content, such as an editor left it. Values that are the same keep their ciphertext.</summary>
    /// <param name="plaintext">The whole content in the clear.</param>
    /// <param name="now">The time that the file is marked with, if anything changed.</param>
    /// <returns>The new file; this one's <see cref="File"/> where nothing changed.</returns>
    /// <exception cref="SecretsError">The content is malformed; line and key are named.</exception>
    public SopsFile Replace(ReadOnlySpan<byte> plaintext, DateTimeOffset now)
    {
        if (plaintext.SequenceEqual(ToPlaintext()))
            return File;
        var old = Encrypted().GroupBy(place => place.Bound)
            .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        var body = EncryptedBody(plaintext, File.Format, File.Name, File.Metadata.Rule, key, Reused);
        return Sealed(body.Attach(File.Document.Detach().Metadata), key, now);

        string? Reused(SopsPlace place, SopsValue value)
        {
            // Each ciphertext once: two equal items of a list must not look equal.
            if (!old.TryGetValue(place.Bound, out var places))
                return null;
            var index = places.FindIndex(candidate => Alike(values[candidate.Node], value));
            if (index < 0)
                return null;
            var found = places[index].Node;
            places.RemoveAt(index);
            return found is SopsLeaf leaf ? leaf.Text : ((SopsComment)found).Text;
        }
    }

    /// <summary>The file with another value: a text, or one that is added at the end of its map, maps on the way included.</summary>
    /// <param name="name">Its name, such as bot/access_token.</param>
    /// <param name="value">The value.</param>
    /// <param name="now">The time that the file is marked with.</param>
    /// <returns>The new file; this one's <see cref="File"/> where the value is the same.</returns>
    /// <exception cref="SecretsError">The name is a map's or a list's, or cannot be one in this format.</exception>
    public SopsFile Set(string name, ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var wanted = new SopsValue(SopsKind.Str, value.ToArray());
        try
        {
            var document = File.Document;
            if (SopsPath.Find(document.Root, name) is null)
                return Sealed(Splice.Apply(document.Text, [Added(name, wanted)]), key, now);
            var leaf = Leaf(name);
            if (values.TryGetValue(leaf, out var old) && old.Same(wanted))
                return File;
            var place = SopsWalk.Through(document.Root, File.Metadata.Rule).First(place => ReferenceEquals(place.Node, leaf));
            return Sealed(
                Splice.Apply(
                    document.Text,
                    [new Splice(leaf.Range, document.Scalar(SopsKind.Str, Written(wanted, place.Path, place.Encrypted), leaf))]),
                key,
                now);
        }
        finally
        {
            wanted.Wipe();
        }
    }

    /// <summary>The file without a value, or without a map or list and all that is in it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="now">The time that the file is marked with.</param>
    /// <exception cref="SecretsError">There is none, or it is an item of a list.</exception>
    public SopsFile Remove(string name, DateTimeOffset now)
    {
        var node = SopsPath.Find(File.Document.Root, name) ?? throw Missing(name);
        if (SopsPath.Owner(File.Document.Root, node) is not ({ } map, { } entry))
            throw new SecretsError($"{File.Name}: {name} is an item of a list.", "Edit the list: hale secrets edit.");
        return Sealed(Splice.Apply(File.Text, [File.Document.Delete(map, entry)]), key, now);
    }

    /// <summary>
    /// The file for other recipients (sops updatekeys): those who stay keep their entry, values and code stay.
    /// Who is removed may still know the data key from before; <see cref="Rotate"/> too.
    /// </summary>
    /// <param name="recipients">Everybody who shall be able to decrypt it.</param>
    public SopsFile WithRecipients(IReadOnlyCollection<AgeRecipient> recipients)
    {
        ArgumentNullException.ThrowIfNull(recipients);
        var kept = File.Metadata.Recipients.GroupBy(recipient => recipient.Recipient).ToDictionary(
            group => group.Key, group => group.First(), StringComparer.Ordinal);
        var entries = recipients.Distinct().Select(
            recipient => kept.GetValueOrDefault(recipient.ToString()) ?? Wrapped(key, [recipient])[0]).ToList();
        if (entries.Count == 0)
            throw new SecretsError($"{File.Name}: nobody could decrypt the file any more.", "Name at least one recipient, age1….");
        return entries.SequenceEqual(File.Metadata.Recipients)
            ? File
            : SopsFile.Parse(Splice.Apply(File.Text, File.Document.ReplaceRecipients(entries)), File.Format, File.Name);
    }

    /// <summary>The file with a new data key: every value is encrypted anew, to the same recipients.</summary>
    /// <param name="now">The time that the file is marked with.</param>
    /// <exception cref="SecretsError">The file has keys of another kind too, which would not open it any more.</exception>
    public SopsFile Rotate(DateTimeOffset now)
    {
        if (File.Metadata.OtherKinds.Count > 0)
            throw new SecretsError(
                $"{File.Name}: the file is encrypted to {string.Join(", ", File.Metadata.OtherKinds)} too, for which Hale cannot renew the data key.",
                "Rotate it with sops; or encrypt the file again to age keys alone.");
        var fresh = RandomNumberGenerator.GetBytes(SopsCipher.KeyLength);
        try
        {
            var document = File.Document;
            var recipients = Wrapped(fresh, [.. File.Recipients.Select(AgeRecipient.Parse)]);
            var splices = Encrypted().Where(place => !values[place.Node].Bytes.IsEmpty)
                .Select(place => Written(document, place.Node, SopsCipher.Encrypt(values[place.Node], fresh, place.Bound)));
            return Sealed(Splice.Apply(File.Text, [.. splices, .. document.ReplaceRecipients(recipients)]), fresh, now);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(fresh);
        }
    }

    /// <summary>Wipes the values and the data key.</summary>
    public void Dispose()
    {
        foreach (var value in values.Values)
            value.Wipe();
        values.Clear();
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>The file's name; no value.</summary>
    public override string ToString() => $"the content of {File.Name}";

    internal static List<SopsRecipient> Wrapped(byte[] key, IReadOnlyCollection<AgeRecipient> recipients) =>
        [.. recipients.Select(
            recipient => new SopsRecipient(recipient.ToString(), Encoding.ASCII.GetString(Age.Encrypt(key, [recipient], armored: true))))];

    /// <summary>A plain document with its leaves encrypted where the rule wants it.</summary>
    internal static SopsDocument EncryptedBody(
        ReadOnlySpan<byte> plaintext, SopsFormat format, string name, SopsCryptRule rule, byte[] key, Func<SopsPlace, SopsValue, string?> reuse)
    {
        if (format == SopsFormat.Binary)
        {
            var value = new SopsValue(SopsKind.Str, plaintext.ToArray());
            var place = new SopsPlace(new SopsLeaf(default, SopsKind.Str, ""), [BinaryKey], Encrypted: true);
            return SopsDocument.Parse(
                name, $"{{\n\t\"{BinaryKey}\": \"{reuse(place, value) ?? SopsCipher.Encrypt(value, key, place.Bound)}\"\n}}\n", format);
        }

        SopsDocument document;
        try
        {
            document = SopsDocument.Parse(name, SopsValue.Utf8.GetString(plaintext), format);
        }
        catch (DecoderFallbackException)
        {
            throw new SecretsError($"{name}: the content is not UTF-8 text.", "Encrypt it as a binary file.");
        }

        if (document.Metadata is not null)
            throw new SecretsError(
                $"{name}: the content has a key sops, which is sops's own; is it encrypted already?", "Give yours another name.");
        var splices = new List<Splice>();
        foreach (var place in SopsWalk.Through(document.Root, rule).Where(place => place.Encrypted))
        {
            var value = place.Node is SopsLeaf leaf
                ? SopsValue.Of(leaf.Kind, leaf.Text)
                : SopsValue.Of(SopsKind.Comment, ((SopsComment)place.Node).Text);
            // Null and nothing stay as they are; and so does a comment that could not be decrypted.
            if (value.Bytes.IsEmpty || (place.Node is SopsComment comment && SopsCipher.Looks(comment.Text)))
                continue;
            var text = reuse(place, value) ?? SopsCipher.Encrypt(value, key, place.Bound);
            splices.Add(Written(document, place.Node, text));
        }

        return SopsDocument.Parse(name, Splice.Apply(document.Text, splices), format);
    }

    private const string BinaryKey = "data";

    private SopsLeaf Leaf(string name) => SopsPath.Find(File.Document.Root, name) switch
    {
        SopsLeaf leaf => leaf,
        SopsMap map => throw new SecretsError(
            $"{File.Name}: {name} is a map, and one value is needed.",
            $"Name one of its values: {string.Join(", ", SopsPath.Names(map, name).Take(5))}."),
        SopsList => throw new SecretsError($"{File.Name}: {name} is a list, and one value is needed.", $"Name one of its items: {name}/0."),
        _ => throw Missing(name),
    };

    private SecretsError Missing(string name)
    {
        var names = File.Names;
        return new SecretsError(
            $"{File.Name}: there is no value {name}.",
            names.Count == 0 ? "Add it: hale secrets set." : $"There are: {string.Join(", ", names.Take(8))}{(names.Count > 8 ? ", …" : "")}.");
    }

    /// <summary>A new entry in the deepest map that is there.</summary>
    private Splice Added(string name, SopsValue value)
    {
        var keys = name.Split('/');
        if (keys.Any(key => key.Length == 0))
            throw new SecretsError($"\"{name}\" is not a name: a part of it is empty.", "Such as bot/access_token.");
        SopsNode at = File.Document.Root;
        var depth = 0;
        while (depth < keys.Length - 1 && (at as SopsMap)?[keys[depth]] is { } inner)
        {
            at = inner;
            depth++;
        }

        if (at is not SopsMap map)
            throw new SecretsError(
                $"{File.Name}: {string.Join('/', keys[..depth])} is not a map, so nothing can be added to it.", "Choose another name.");
        if (depth == 0 && keys[0] == SopsDocument.MetadataKey)
            throw new SecretsError($"{File.Name}: the name sops is sops's own.", "Choose another name.");
        var text = Written(value, keys, File.Metadata.Rule.Encrypts(keys, [], isComment: false));
        var end = new TextRange(File.Text.Length, File.Text.Length);
        var scalar = File.Document.Scalar(SopsKind.Str, text, new SopsLeaf(end, SopsKind.Str, "", map.Column, map.Flow));
        return File.Document.Insert(map, keys[depth..], scalar);
    }

    /// <summary>Every leaf and comment that is encrypted and not empty, in order.</summary>
    private IEnumerable<SopsPlace> Encrypted() =>
        SopsWalk.Through(File.Document.Root, File.Metadata.Rule).Where(place => place.Encrypted && values.ContainsKey(place.Node));

    private static Splice Written(SopsDocument document, SopsNode at, string text) =>
        new(at.Range, at is SopsLeaf leaf ? document.Scalar(SopsKind.Str, text, leaf) : text);

    /// <summary>A value's text in the file.</summary>
    private string Written(SopsValue value, IReadOnlyList<string> path, bool encrypted) => encrypted
        ? SopsCipher.Encrypt(value, key, SopsPlace.BoundTo(path))
        : value.Text() ?? throw new SecretsError(
            $"{File.Name}: {string.Join('/', path)} is not encrypted in this file and must be text.",
            "Use a name that the file's rule encrypts.");

    private SopsFile Sealed(string text, byte[] sealKey, DateTimeOffset now) =>
        SopsFile.Parse(SopsSeal.Reseal(SopsDocument.Parse(File.Name, text, File.Format), sealKey, now), File.Format, File.Name);

    /// <summary>JSON does not tell whole numbers from others, nor any format bytes from text.</summary>
    private static bool Alike(SopsValue old, SopsValue value) => old.Bytes.SequenceEqual(value.Bytes) && Class(old.Kind) == Class(value.Kind);

    private static SopsKind Class(SopsKind kind) => kind switch
    {
        SopsKind.Int => SopsKind.Float,
        SopsKind.Bytes => SopsKind.Str,
        _ => kind,
    };
}
