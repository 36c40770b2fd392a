using System.Runtime.InteropServices;
using System.Text;
using Hale.Store.Paths;

namespace Hale.Store.Nar;

/// <summary>
/// Finds which store paths a content speaks of, by their hash parts: any 32 base-32 digits in a row that are one of the candidates.
/// Works on a stream in pieces of any size; a hash part across two pieces is found too.
/// </summary>
public sealed class ReferenceScanner
{
    private const int Length = 32;
    private static readonly bool[] IsDigit = Digits();
    private readonly Dictionary<ulong, List<StorePath>> candidates = [];
    private readonly HashSet<StorePath> found = [];
    private readonly byte[] seam = new byte[2 * (Length - 1)];
    private int kept;

    /// <summary>A scanner for some candidates.</summary>
    public ReferenceScanner(IEnumerable<StorePath> candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        foreach (var path in candidates)
        {
            ref var same = ref CollectionsMarshal.GetValueRefOrAddDefault(this.candidates, KeyOf(Encoding.ASCII.GetBytes(path.HashPart)), out _);
            (same ??= []).Add(path);
        }
    }

    /// <summary>The candidates that occurred so far, sorted.</summary>
    public IReadOnlyList<StorePath> Found => [.. found.Order()];

    /// <summary>Which candidates occur in some bytes.</summary>
    public static IReadOnlyList<StorePath> Scan(ReadOnlySpan<byte> content, IEnumerable<StorePath> candidates)
    {
        var scanner = new ReferenceScanner(candidates);
        scanner.Observe(content);
        return scanner.Found;
    }

    /// <summary>Takes the next piece.</summary>
    public void Observe(ReadOnlySpan<byte> piece)
    {
        if (candidates.Count == 0)
            return;
        var head = piece[..Math.Min(piece.Length, Length - 1)];
        head.CopyTo(seam.AsSpan(kept));
        Search(seam.AsSpan(0, kept + head.Length));
        Search(piece);
        if (piece.Length >= Length - 1)
        {
            piece[^(Length - 1)..].CopyTo(seam);
            kept = Length - 1;
        }
        else
        {
            var all = kept + piece.Length;
            var drop = Math.Max(0, all - (Length - 1));
            seam.AsSpan(drop, all - drop).CopyTo(seam);
            kept = all - drop;
        }
    }

    private void Search(ReadOnlySpan<byte> bytes)
    {
        for (var start = 0; start + Length <= bytes.Length;)
        {
            // From the end of the window: one byte that is no digit there rules out 32 positions at once.
            var at = Length - 1;
            while (at >= 0 && IsDigit[bytes[start + at]])
                at--;
            if (at >= 0)
            {
                start += at + 1;
                continue;
            }

            if (candidates.TryGetValue(KeyOf(bytes[start..]), out var same))
                foreach (var path in same)
                    if (Ascii.Equals(bytes.Slice(start, Length), path.HashPart))
                        found.Add(path);
            start++;
        }
    }

    private static ulong KeyOf(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ulong>(bytes);

    private static bool[] Digits()
    {
        var result = new bool[256];
        foreach (var digit in Base32.Alphabet)
            result[digit] = true;
        return result;
    }
}
