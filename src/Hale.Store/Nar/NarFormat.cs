using System.Text;

namespace Hale.Store.Nar;

/// <summary>The words of the format, and what both directions agree on (Nix manual, "Nix Archive (NAR) format").</summary>
internal static class NarFormat
{
    internal const string Magic = "nix-archive-1";

    /// <summary>NAME_MAX of every file system that matters, in bytes.</summary>
    internal const int LongestName = 255;

    /// <summary>PATH_MAX without its end, in bytes.</summary>
    internal const int LongestTarget = 4095;

    /// <summary>Folders within folders; deeper trees do not occur, and would cost a reader its stack.</summary>
    internal const int Deepest = 128;

    /// <summary>A name that is not UTF-8 is an error, not a question mark.</summary>
    internal static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The order of entries: by the bytes of their UTF-8. UTF-16 differs from it for surrogates alone.</summary>
    internal static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var at = 0; at < length; at++)
        {
            var (a, b) = (left[at], right[at]);
            if (a != b)
                return char.IsSurrogate(a) == char.IsSurrogate(b) ? a - b : char.IsSurrogate(a) ? 1 : -1;
        }

        return left.Length - right.Length;
    }

    internal static int Padding(long length) => (int)(-length & 7);
}

/// <summary>A finished archive: its SHA-256 and its length in bytes.</summary>
public sealed record NarDigest(Paths.Sha256Hash Hash, long Size);
