namespace Hale.Store.Tests;

/// <summary>Small damage of the kinds that find mistakes in readers: bits, bytes, cuts, repeats, numbers at their edges.</summary>
internal static class Mutation
{
    internal static byte[] Of(byte[] bytes, Random random)
    {
        var result = bytes.ToList();
        for (var count = random.Next(1, 4); count > 0 && result.Count > 8; count--)
        {
            var at = random.Next(result.Count);
            var length = Math.Min(random.Next(1, 17), result.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    result[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    result[at] = (byte)random.Next(256);
                    break;
                case 2:
                    result.RemoveRange(at, length);
                    break;
                case 3:
                    result.InsertRange(at, result.GetRange(at, length));
                    break;
                case 4:
                    result.RemoveRange(at, result.Count - at);
                    break;
                default:
                    // A length field of eight bytes, set to where arithmetic goes wrong.
                    long[] edges = [-1, long.MaxValue, long.MinValue, int.MaxValue, uint.MaxValue, 0, 1, 7, 8, 9, 255, 256, 4096];
                    var value = BitConverter.GetBytes(edges[random.Next(edges.Length)]);
                    for (var k = 0; k < 8 && (at & ~7) + k < result.Count; k++)
                        result[(at & ~7) + k] = value[k];
                    break;
            }
        }

        return [.. result];
    }
}
