using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Store.Paths;

/// <summary>A SHA-256, written as Nix does: <c>sha256:</c> and 52 base-32 digits.</summary>
[JsonConverter(typeof(Sha256HashConverter))]
public sealed record Sha256Hash
{
    private Sha256Hash(string base32) => Base32 = base32;

    /// <summary>The 52 digits.</summary>
    public string Base32 { get; }

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public string Hex => Convert.ToHexStringLower(ToBytes());

    /// <summary>The hash of some bytes.</summary>
    public static Sha256Hash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(content, hash);
        return FromBytes(hash);
    }

    /// <summary>A hash that was made elsewhere: 32 bytes.</summary>
    public static Sha256Hash FromBytes(ReadOnlySpan<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, 32);
        return new(Paths.Base32.Encode(hash));
    }

    /// <summary>Reads <c>sha256:</c> with base-32, hexadecimal or base-64 digits, or the form of the web, <c>sha256-BASE64</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Sha256Hash? hash)
    {
        Span<byte> bytes = stackalloc byte[32];
        hash = null;
        if (text is null || text.Length < 8 || !text.StartsWith("sha256", StringComparison.Ordinal) || text[6] is not (':' or '-'))
            return false;
        var digits = text.AsSpan(7);
        var read = (digits.Length, text[6]) switch
        {
            (52, ':') => Paths.Base32.TryDecode(digits, bytes),
            (64, ':') => Convert.FromHexString(digits, bytes, out _, out _) == System.Buffers.OperationStatus.Done,
            (44, _) => Convert.TryFromBase64Chars(digits, bytes, out var count) && count == 32,
            _ => false,
        };
        hash = read ? FromBytes(bytes) : null;
        return read;
    }

    /// <summary>Reads what <see cref="TryParse"/> reads.</summary>
    /// <exception cref="FormatException">It is no such text.</exception>
    public static Sha256Hash Parse(string text) => TryParse(text, out var hash) ? hash : throw new FormatException($"\"{text}\" is not a SHA-256.");

    /// <summary>The 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[32];
        Paths.Base32.TryDecode(Base32, bytes);
        return bytes;
    }

    /// <summary><c>sha256:</c> and the base-32 digits.</summary>
    public override string ToString() => $"sha256:{Base32}";
}

/// <summary>A hash as a string of JSON.</summary>
internal sealed class Sha256HashConverter : JsonConverter<Sha256Hash>
{
    public override Sha256Hash Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Sha256Hash.TryParse(reader.GetString(), out var hash) ? hash : throw new JsonException("not a SHA-256");

    public override void Write(Utf8JsonWriter writer, Sha256Hash value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
