namespace Hale.Secrets;

/// <summary>Base64 as an age header has it (RFC 4648, 4): no padding, and canonical, so that one value has one text.</summary>
internal static class RawBase64
{
    internal static string Encode(ReadOnlySpan<byte> data) => Convert.ToBase64String(data).TrimEnd('=');

    /// <summary>The bytes; null where the text is not their one encoding.</summary>
    internal static byte[]? Decode(string text)
    {
        if (text.Length % 4 == 1 || text.AsSpan().IndexOfAnyExcept(Alphabet) >= 0)
            return null;
        var data = Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
        return Encode(data) == text ? data : null;
    }

    private static readonly System.Buffers.SearchValues<char> Alphabet =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
}
