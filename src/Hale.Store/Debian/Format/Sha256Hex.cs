using System.Buffers;

namespace Hale.Store.Debian;

/// <summary>A SHA-256 as Debian's indexes write it.</summary>
internal static class Sha256Hex
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    /// <summary>Whether a text is 64 lower-case hexadecimal digits.</summary>
    public static bool IsValid(string text) => text.Length == 64 && !text.AsSpan().ContainsAnyExcept(Digits);
}
