using System.Text;

namespace Hale.Store.Unpack;

/// <summary>The records of a pax header (POSIX.1-2017, pax, "pax Extended Header"): <c>LENGTH KEY=VALUE</c> and a line end, each.</summary>
/// <param name="Path">The name of the entry that follows; null where it is not said.</param>
/// <param name="LinkPath">Where the link that follows leads; null where it is not said.</param>
/// <param name="Size">The content's size in bytes; null where it is not said.</param>
internal sealed record PaxRecords(string? Path, string? LinkPath, long? Size)
{
    /// <summary>The most bytes of records that one header may have.</summary>
    public const int MaxSize = 1 << 20;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the records. What says nothing of name, link or size is passed over, but for sparse files, which are not read here.</summary>
    /// <exception cref="InvalidDataException">They are malformed.</exception>
    public static PaxRecords Parse(ReadOnlySpan<byte> records)
    {
        var result = new PaxRecords(null, null, null);
        while (!records.IsEmpty)
        {
            var blank = records.IndexOf((byte)' ');
            if (blank is < 1 or > 7 || !int.TryParse(records[..blank], System.Globalization.NumberStyles.None, null, out var length)
                || length <= blank + 1 || length > records.Length || records[length - 1] != '\n')
                throw new InvalidDataException("a pax header is malformed");
            var record = records[(blank + 1)..(length - 1)];
            var equals = record.IndexOf((byte)'=');
            if (equals < 1) throw new InvalidDataException("a pax header is malformed");
            result = result.With(Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..]);
            records = records[length..];
        }

        return result;
    }

    private PaxRecords With(string key, ReadOnlySpan<byte> value) => key switch
    {
        "path" => this with { Path = Text(value) },
        "linkpath" => this with { LinkPath = Text(value) },
        "size" => long.TryParse(value, System.Globalization.NumberStyles.None, null, out var size)
            ? this with { Size = size }
            : throw new InvalidDataException("a pax header holds a malformed size"),
        _ when key.StartsWith("GNU.sparse.", StringComparison.Ordinal) => throw new InvalidDataException("it has a sparse file"),
        _ => this,
    };

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"the name `{Encoding.UTF8.GetString(bytes)}` is not UTF-8");
        }
    }
}
