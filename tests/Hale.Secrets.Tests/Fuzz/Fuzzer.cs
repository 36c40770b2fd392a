using System.Diagnostics;
using System.Security.Cryptography;

namespace Hale.Secrets.Tests.Fuzz;

/// <summary>
/// Feeds a parser what its kept corpus becomes when bytes are flipped, cut, doubled, crossed and replaced by words that mean something to it.
/// The same every time; HALE_FUZZ_SECONDS looks further, with other seeds. What breaks the target is kept in its corpus folder for ever.
/// </summary>
internal static class Fuzzer
{
    private const int Rounds = 3000;

    /// <summary>
    /// Runs the corpus, then mutations of it. The target must return, or refuse with a SecretsError; anything else fails.
    /// </summary>
    internal static void Run(string corpus, string[] words, Action<byte[]> target)
    {
        var folder = Path.Combine(Shared.Project(), "Corpus", corpus);
        var seeds = Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        Assert.NotEmpty(seeds);
        var accepted = 0;
        foreach (var seed in seeds)
            accepted += Try(folder, seed, target) ? 1 : 0;
        Assert.True(accepted > 0, $"no file of Corpus/{corpus} is accepted; the fuzzer would only ever see the first check");

        var seconds = double.Parse(
            Environment.GetEnvironmentVariable("HALE_FUZZ_SECONDS") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        var random = seconds > 0 ? new Random() : new Random(corpus.Length);
        var watch = Stopwatch.StartNew();
        for (var round = 0; round < Rounds || watch.Elapsed.TotalSeconds < seconds; round++)
        {
            var input = seeds[random.Next(seeds.Count)];
            for (var times = random.Next(1, 5); times > 0; times--)
                input = Mutated(input, seeds, words, random);
            // What gets as far as being accepted is worth mutating further.
            if (Try(folder, input, target) && seeds.Count < 500 && input.Length < 20_000)
                seeds.Add(input);
        }
    }

    private static bool Try(string folder, byte[] input, Action<byte[]> target)
    {
        try
        {
            target(input);
            return true;
        }
        catch (SecretsError)
        {
            return false;
        }
        catch (Exception error)
        {
            var path = Path.Combine(folder, $"found-{Convert.ToHexStringLower(SHA256.HashData(input))[..12]}");
            File.WriteAllBytes(path, input);
            throw new InvalidOperationException($"The input kept as {path} breaks the parser.", error);
        }
    }

    private static byte[] Mutated(byte[] input, List<byte[]> seeds, string[] words, Random random)
    {
        var at = random.Next(input.Length + 1);
        var end = Math.Min(input.Length, at + random.Next(1, 1 + Math.Max(1, input.Length / 8)));
        switch (random.Next(7))
        {
            case 0 when input.Length > 0:
                var flipped = (byte[])input.Clone();
                flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return [.. input[..at], .. input[end..]];
            case 2:
                return [.. input[..end], .. input[at..end], .. input[end..]];
            case 3:
                return input[..at];
            case 4:
                var other = seeds[random.Next(seeds.Count)];
                return [.. input[..at], .. other[random.Next(other.Length + 1)..]];
            case 5:
                return [.. input[..at], (byte)random.Next(256), .. input[at..]];
            default:
                return [.. input[..at], .. System.Text.Encoding.UTF8.GetBytes(words[random.Next(words.Length)]), .. input[at..]];
        }
    }
}
