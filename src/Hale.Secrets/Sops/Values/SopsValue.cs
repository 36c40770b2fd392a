using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets;

/// <summary>
/// One leaf in the clear: its type, and the bytes that are encrypted and authenticated. It never prints them.
/// </summary>
internal sealed class SopsValue(SopsKind kind, byte[] bytes)
{
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal SopsKind Kind { get; } = kind;

    internal ReadOnlySpan<byte> Bytes => bytes;

    internal static SopsValue Of(SopsKind kind, string text) => new(kind, Encoding.UTF8.GetBytes(text));

    /// <summary>The value as text; null where it is no UTF-8.</summary>
    internal string? Text()
    {
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    internal bool Same(SopsValue other) => Kind == other.Kind && CryptographicOperations.FixedTimeEquals(bytes, other.Bytes);

    internal void Wipe() => CryptographicOperations.ZeroMemory(bytes);

    public override string ToString() => $"({Kind})";
}
