namespace Hale.Declare;

/// <summary>How a secret's value is made: <c>hale secrets generate</c> and machines draw from the system's random numbers by it.</summary>
public sealed record SecretShape
{
    private SecretShape()
    {
    }

    /// <summary>What kind of value it is.</summary>
    public SecretKind Kind { get; private init; }

    /// <summary>The characters a text is drawn from.</summary>
    public string Alphabet { get; private init; } = "";

    /// <summary>The number of characters of a text, or of random bytes before they are written in base64.</summary>
    public int Length { get; private init; }

    /// <summary>Random characters.</summary>
    /// <param name="length">How many, 8 to 4096.</param>
    /// <param name="alphabet">The characters to draw from, printable ASCII, at least two, each once.</param>
    public static SecretShape Text(int length, string alphabet) => new() { Kind = SecretKind.Text, Length = length, Alphabet = alphabet };

    /// <summary>Random bytes in hexadecimal digits.</summary>
    /// <param name="bytes">How many bytes, 4 to 2048.</param>
    public static SecretShape Hex(int bytes = 32) => Text(2 * bytes, Secret.Hex);

    /// <summary>Random bytes in base64, with padding.</summary>
    /// <param name="bytes">How many bytes, 8 to 4096.</param>
    public static SecretShape Base64(int bytes = 32) => new() { Kind = SecretKind.Base64, Length = bytes };

    /// <summary>A key pair; the public half stands beside it as <c>NAME_public</c>.</summary>
    /// <param name="kind">Which.</param>
    public static SecretShape KeyPair(KeyPairKind kind) => new()
    {
        Kind = kind switch
        {
            KeyPairKind.Age => SecretKind.AgeKey,
            KeyPairKind.Ssh => SecretKind.SshKey,
            KeyPairKind.WireGuard => SecretKind.WireGuardKey,
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        },
    };
}

/// <summary>The kinds of value that can be made.</summary>
public enum SecretKind
{
    /// <summary>Random characters.</summary>
    Text,

    /// <summary>Random bytes in base64.</summary>
    Base64,

    /// <summary>An age key, X25519.</summary>
    AgeKey,

    /// <summary>An ed25519 key of OpenSSH.</summary>
    SshKey,

    /// <summary>An X25519 key of WireGuard, in base64.</summary>
    WireGuardKey,
}

/// <summary>The kinds of key pair.</summary>
public enum KeyPairKind
{
    /// <summary>age: <c>AGE-SECRET-KEY-1…</c> and <c>age1…</c>.</summary>
    Age,

    /// <summary>OpenSSH: an ed25519 private key and its <c>ssh-ed25519 …</c> line.</summary>
    Ssh,

    /// <summary>WireGuard: two keys of 32 bytes in base64 (wg(8)).</summary>
    WireGuard,
}
