using System.Security.Cryptography;
using System.Text;
using Sodium;

namespace Registration.Tests;

public sealed class SodiumTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(100_000)]
    public void A_hash_is_that_of_dotnet(int length)
    {
        var message = RandomNumberGenerator.GetBytes(length);
        Assert.Equal(SHA256.HashData(message), SodiumHash.Sha256(message));
    }

    // RFC 7914, section 11; of its keys the first half.
    [Theory]
    [InlineData("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")]
    [InlineData("Password", "NaCl", 80_000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56")]
    public void A_slow_hash_is_the_published_one(string password, string salt, int iterations, string key) =>
        Assert.Equal(key, Convert.ToHexStringLower(SodiumHash.Pbkdf2(Encoding.UTF8.GetBytes(password), Encoding.UTF8.GetBytes(salt), iterations)));

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 16)]
    [InlineData(64, 60)]
    [InlineData(65, 61)]
    [InlineData(1_000, 200)]
    public void A_slow_hash_is_that_of_dotnet(int password, int salt)
    {
        var (secret, with) = (RandomNumberGenerator.GetBytes(password), RandomNumberGenerator.GetBytes(salt));
        Assert.Equal(Rfc2898DeriveBytes.Pbkdf2(secret, with, 3, HashAlgorithmName.SHA256, SodiumHash.Size), SodiumHash.Pbkdf2(secret, with, 3));
    }

    [Fact]
    public void What_cannot_be_guessed_is_of_its_length_and_never_twice_the_same()
    {
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Select(_ => SodiumRandom.Hex(16)).Distinct().Count());
        Assert.Matches("^[0-9a-f]{64}$", SodiumRandom.Hex(64));
        Assert.Empty(SodiumRandom.Bytes(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SodiumRandom.Hex(3));
    }

    [Fact]
    public void Each_character_of_an_alphabet_comes_as_often_as_another()
    {
        var counts = SodiumRandom.Text("abc", 30_000).CountBy(character => character).ToDictionary();
        Assert.Equal("abc", string.Concat(counts.Keys.Order()));
        // Twelve standard deviations: chance does not fail this.
        Assert.All(counts.Values, count => Assert.InRange(count, 9_000, 11_000));
    }
}
