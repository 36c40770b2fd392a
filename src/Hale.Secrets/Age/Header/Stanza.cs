namespace Hale.Secrets;

/// <summary>One recipient's part of a header: the file key, wrapped so that one kind of identity can open it.</summary>
/// <param name="Type">The first argument: what kind of recipient.</param>
/// <param name="Arguments">The others.</param>
/// <param name="Body">The wrapped key.</param>
internal sealed record Stanza(string Type, IReadOnlyList<string> Arguments, byte[] Body)
{
    /// <summary>Bytes of a wrapped file key: 16, and the tag of ChaCha20-Poly1305.</summary>
    internal const int WrappedLength = 32;

    /// <summary>The stanza as the header holds it (C2SP age, "Recipient stanza").</summary>
    internal string Text()
    {
        var text = new System.Text.StringBuilder("-> ").AppendJoin(' ', [Type, .. Arguments]).Append('\n');
        var body = RawBase64.Encode(Body);
        for (var at = 0; at < body.Length; at += Header.Columns)
            text.Append(body, at, Math.Min(Header.Columns, body.Length - at)).Append('\n');
        // The body ends with a line shorter than the others, be it an empty one.
        return (body.Length % Header.Columns == 0 ? text.Append('\n') : text).ToString();
    }

    /// <summary>Refuses a stanza of a known type with another shape than that type has.</summary>
    internal void Require(int arguments)
    {
        if (Arguments.Count != arguments)
            throw Header.Malformed($"a stanza {Type} has {Arguments.Count} arguments, not {arguments}");
        if (Body.Length != WrappedLength)
            throw Header.Malformed($"the body of a stanza {Type} has {Body.Length} bytes, not {WrappedLength}");
    }

    /// <summary>An argument's bytes: canonical base64 of exactly that many.</summary>
    internal byte[] Bytes(int argument, int length) =>
        RawBase64.Decode(Arguments[argument]) is { } bytes && bytes.Length == length
            ? bytes
            : throw Header.Malformed($"argument {argument + 1} of a stanza {Type} is not the base64 of {length} bytes");
}
