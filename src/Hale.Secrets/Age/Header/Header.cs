using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets;

/// <summary>The text before the payload: who can open the file, and an authentication code over all of it.</summary>
/// <param name="Stanzas">One for each recipient, in order.</param>
/// <param name="Signed">The bytes that the code covers: everything up to and with "---".</param>
/// <param name="Mac">HMAC-SHA-256 of those.</param>
internal sealed record Header(IReadOnlyList<Stanza> Stanzas, byte[] Signed, byte[] Mac)
{
    internal const string Version = "age-encryption.org/v1";
    internal const int Columns = 64;

    /// <summary>A longer header is refused; real ones have a few hundred bytes for each recipient.</summary>
    private const int MaximumLength = 1 << 20;
    private const int MacLength = 32;

    /// <summary>A new header for a file key.</summary>
    internal static Header Of(IReadOnlyList<Stanza> stanzas, ReadOnlySpan<byte> fileKey)
    {
        var signed = Encoding.ASCII.GetBytes($"{Version}\n{string.Concat(stanzas.Select(stanza => stanza.Text()))}---");
        return new Header(stanzas, signed, MacOf(signed, fileKey));
    }

    /// <summary>The header as a file has it.</summary>
    internal byte[] Bytes() => [.. Signed, .. Encoding.ASCII.GetBytes($" {RawBase64.Encode(Mac)}\n")];

    /// <summary>Whether the code was made with this file key, over these bytes.</summary>
    internal bool IsAuthentic(ReadOnlySpan<byte> fileKey) => CryptographicOperations.FixedTimeEquals(MacOf(Signed, fileKey), Mac);

    /// <summary>Reads a header and stops at the first byte of the payload.</summary>
    internal static Header Read(ByteSource source)
    {
        var signed = new MemoryStream();
        if (Line(source, signed) is var version && version != Version)
            throw version.StartsWith("age-encryption.org/", StringComparison.Ordinal)
                ? Malformed($"the version {Shown(version)} is unknown", "It was written by a newer program; update Hale.")
                : new SecretsError(
                    "This is not an age file.",
                    "An age file starts with age-encryption.org/v1, or with its armor.")
                { Fault = SecretsFault.Header };
        var stanzas = new List<Stanza>();
        for (var line = Line(source, signed); ; line = Line(source, signed))
        {
            if (line.StartsWith("--- ", StringComparison.Ordinal))
                return Ended(stanzas, signed, line);
            if (!line.StartsWith("-> ", StringComparison.Ordinal))
                throw Malformed($"a line starts neither a stanza nor the end: {Shown(line)}");
            stanzas.Add(StanzaOf(line, source, signed));
        }
    }

    internal static SecretsError Malformed(string what, string hint = "The file is damaged, or was not written by age.") =>
        new($"The header of the age file is malformed: {what}.", hint) { Fault = SecretsFault.Header };

    private static Header Ended(List<Stanza> stanzas, MemoryStream signed, string line)
    {
        if (stanzas.Count == 0)
            throw Malformed("it has no recipient");
        if (RawBase64.Decode(line[4..]) is not { Length: MacLength } mac)
            throw Malformed("its last line is not the base64 of 32 bytes");
        // The code covers the dashes and neither the space nor what follows.
        return new Header(stanzas, signed.ToArray()[..^(line.Length - 3 + 1)], mac);
    }

    private static Stanza StanzaOf(string line, ByteSource source, MemoryStream signed)
    {
        var arguments = line[3..].Split(' ');
        if (arguments.Any(argument => argument.Length == 0 || argument.Any(c => c is < '!' or > '~')))
            throw Malformed($"a stanza has an empty argument or a strange character: {Shown(line)}");
        var body = new StringBuilder();
        string part;
        do
        {
            part = Line(source, signed);
            // A part of 64 columns holds whole bytes, so the parts can be decoded together.
            if (part.Length > Columns || RawBase64.Decode(part) is null)
                throw Malformed($"the body of a stanza {arguments[0]} is not base64 in lines of {Columns}: {Shown(part)}");
            body.Append(part);
        }
        while (part.Length == Columns);
        return new Stanza(arguments[0], arguments[1..], RawBase64.Decode(body.ToString())!);
    }

    private static string Line(ByteSource source, MemoryStream signed)
    {
        var start = (int)signed.Length;
        if (!source.ReadLine(signed, MaximumLength))
            throw Malformed(signed.Length >= MaximumLength ? $"it is longer than {MaximumLength} bytes" : "it ends early");
        return Encoding.Latin1.GetString(signed.GetBuffer(), start, (int)signed.Length - start - 1);
    }

    private static byte[] MacOf(ReadOnlySpan<byte> signed, ReadOnlySpan<byte> fileKey) =>
        HMACSHA256.HashData(FileKey.Derive(fileKey, salt: [], "header"u8), signed);

    /// <summary>A line of hostile input, fit for a terminal.</summary>
    private static string Shown(string line) =>
        $"\"{string.Concat(line.Take(60).Select(c => c is >= ' ' and <= '~' ? c : '?'))}{(line.Length > 60 ? "…" : "")}\"";
}
