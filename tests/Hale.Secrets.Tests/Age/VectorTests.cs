using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Hale.Secrets.Tests.AgeFiles;

/// <summary>The public vectors: each file says how decrypting it must end, and the hash of everything released until then.</summary>
public sealed class VectorTests
{
    private static readonly string[] Known = ["expect", "payload", "file key", "identity", "passphrase", "armored", "comment", "compressed"];

    public static TheoryData<string> Shareds => Names(Shared.Vectors("age"));

    public static TheoryData<string> Others => Names(Path.Combine(Shared.Project(), "Vectors", "age"));

    [Theory, MemberData(nameof(Shareds))]
    public void A_shared_vector_behaves_as_it_says(string name) => Check(File.ReadAllBytes(Path.Combine(Shared.Vectors("age")!, name)));

    [Theory, MemberData(nameof(Others))]
    public void The_rest_of_the_suite_behaves_as_it_says(string name) =>
        Check(File.ReadAllBytes(Path.Combine(Shared.Project(), "Vectors", "age", name)));

    [Fact]
    public void The_check_would_notice_a_vector_that_says_something_else()
    {
        var vector = File.ReadAllBytes(Path.Combine(Shared.Project(), "Vectors", "age", "scrypt"));
        var wrong = Encoding.Latin1.GetString(vector).Replace("expect: success", "expect: no match", StringComparison.Ordinal);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(Encoding.Latin1.GetBytes(wrong)));
    }

    private static void Check(byte[] vector)
    {
        var (fields, file) = Parsed(vector);
        Assert.Empty(fields.Select(field => field.Key).Except(Known));
        var identities = fields.Where(field => field.Key == "identity").Select(field => AgeIdentity.Parse(field.Value))
            .Concat(fields.Where(field => field.Key == "passphrase").Select(field => AgeIdentity.FromPassphrase(field.Value)))
            .ToList();
        if (identities.Count == 0)
            identities.Add(AgeIdentity.Generate()); // Some vectors are broken before a key would matter.

        using var released = new MemoryStream();
        var error = Record.Exception(() => Age.Decrypt(new MemoryStream(file), released, identities));

        var outcome = error switch
        {
            null => "success",
            SecretsError { Fault: SecretsFault.NoMatch } => "no match",
            SecretsError { Fault: SecretsFault.Tampered } => "HMAC failure",
            SecretsError { Fault: SecretsFault.Header } => "header failure",
            SecretsError { Fault: SecretsFault.Payload } => "payload failure",
            SecretsError { Fault: SecretsFault.Armor } => "armor failure",
            _ => error.ToString(),
        };
        Assert.Equal(Field("expect"), outcome);
        if (fields.Any(field => field.Key == "payload"))
            Assert.Equal(Field("payload"), Convert.ToHexStringLower(SHA256.HashData(released.ToArray())));
        else
            Assert.Equal(0, released.Length);

        string Field(string key) => fields.Single(field => field.Key == key).Value;
    }

    private static (List<KeyValuePair<string, string>> Fields, byte[] File) Parsed(byte[] vector)
    {
        var end = vector.AsSpan().IndexOf("\n\n"u8);
        var fields = Encoding.UTF8.GetString(vector, 0, end).Split('\n')
            .Select(line => line.Split(": ", 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1])).ToList();
        var file = vector[(end + 2)..];
        if (fields.All(field => field.Key != "compressed"))
            return (fields, file);
        using var inflated = new MemoryStream();
        new ZLibStream(new MemoryStream(file), CompressionMode.Decompress).CopyTo(inflated);
        return (fields, inflated.ToArray());
    }

    private static TheoryData<string> Names(string? folder) =>
        [.. (folder is null ? [] : Directory.GetFiles(folder)).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
}
