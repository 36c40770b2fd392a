using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Hale.Secrets.Native;

namespace Hale.Secrets;

/// <summary>
/// <c>ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]</c>: one leaf, encrypted with the file's data key and bound to its path.
/// Stricter than sops where sops is lax: canonical base64, nothing after the bracket, so that one value has one text.
/// </summary>
internal static partial class SopsCipher
{
    internal const int KeyLength = 32;
    private const int IvLength = 32;

    /// <summary>Whether a text claims to be an encrypted value.</summary>
    internal static bool Looks(string text) => text.StartsWith("ENC[AES256_GCM,", StringComparison.Ordinal);

    /// <summary>Encrypts a leaf; nothing is left empty, as sops leaves it.</summary>
    internal static string Encrypt(SopsValue value, ReadOnlySpan<byte> key, string path)
    {
        if (value.Bytes.IsEmpty)
            return "";
        var iv = RandomNumberGenerator.GetBytes(IvLength);
        var cipher = new byte[value.Bytes.Length];
        var tag = LibCrypto.AesGcmEncrypt(key, iv, value.Bytes, Encoding.UTF8.GetBytes(path), cipher);
        var (data, start, code) = (Convert.ToBase64String(cipher), Convert.ToBase64String(iv), Convert.ToBase64String(tag));
        return $"ENC[AES256_GCM,data:{data},iv:{start},tag:{code},type:{NameOf(value.Kind)}]";
    }

    /// <summary>The leaf; null where the text is not an encrypted value, or not one of this key and path.</summary>
    internal static SopsValue? Decrypt(string text, ReadOnlySpan<byte> key, string path)
    {
        if (text.Length == 0)
            return new SopsValue(SopsKind.Str, []);
        var match = Form().Match(text);
        if (!match.Success || Bytes(match, "data") is not { } cipher || Bytes(match, "iv") is not { Length: > 0 } iv
            || Bytes(match, "tag") is not { Length: LibCrypto.TagLength } tag || KindOf(match.Groups["type"].Value) is not { } kind)
            return null;
        var plain = new byte[cipher.Length];
        return LibCrypto.AesGcmDecrypt(key, iv, cipher, tag, Encoding.UTF8.GetBytes(path), plain) ? Canonical(kind, plain) : null;
    }

    /// <summary>What sops makes of the plaintext before it hashes it; null where the type does not fit.</summary>
    private static SopsValue? Canonical(SopsKind kind, byte[] plain)
    {
        if (kind is SopsKind.Str or SopsKind.Bytes or SopsKind.Comment)
            return new SopsValue(kind, plain);
        var text = Encoding.UTF8.GetString(plain);
        return kind switch
        {
            SopsKind.Int => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                ? SopsValue.Of(kind, whole.ToString(CultureInfo.InvariantCulture)) : null,
            SopsKind.Float => text is "NaN" or "+Inf" or "-Inf" ? new SopsValue(kind, plain)
                : GoNumber.Float(text) is { } value ? SopsValue.Of(kind, GoNumber.Format(value)) : null,
            SopsKind.Bool => text switch
            {
                "1" or "t" or "T" or "TRUE" or "true" or "True" => SopsValue.Of(kind, "True"),
                "0" or "f" or "F" or "FALSE" or "false" or "False" => SopsValue.Of(kind, "False"),
                _ => null,
            },
            _ => GoYaml.Resolve(text) is (SopsKind.Time, var time) ? SopsValue.Of(kind, time) : null,
        };
    }

    private static byte[]? Bytes(Match match, string group)
    {
        var text = match.Groups[group].Value;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && Convert.ToBase64String(bytes, 0, length) == text ? bytes[..length] : null;
    }

    private static string NameOf(SopsKind kind) => kind switch
    {
        SopsKind.Str => "str",
        SopsKind.Int => "int",
        SopsKind.Float => "float",
        SopsKind.Bool => "bool",
        SopsKind.Bytes => "bytes",
        SopsKind.Time => "time",
        SopsKind.Comment => "comment",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "has no encrypted form"),
    };

    private static SopsKind? KindOf(string name) => name switch
    {
        "str" => SopsKind.Str,
        "int" => SopsKind.Int,
        "float" => SopsKind.Float,
        "bool" => SopsKind.Bool,
        "bytes" => SopsKind.Bytes,
        "time" => SopsKind.Time,
        "comment" => SopsKind.Comment,
        _ => null,
    };

    [GeneratedRegex(
        @"^ENC\[AES256_GCM,data:(?<data>[A-Za-z0-9+/=]*),iv:(?<iv>[A-Za-z0-9+/=]+),tag:(?<tag>[A-Za-z0-9+/=]+),type:(?<type>[a-z]+)\]\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
