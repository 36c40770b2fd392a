namespace Sodium;

/// <summary>Values that nobody can guess.</summary>
public static unsafe class SodiumRandom
{
    public static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        fixed (byte* to = bytes)
            Native.randombytes_buf(to, (nuint)length);
        return bytes;
    }

    /// <summary>Small hexadecimal digits.</summary>
    /// <param name="length">How many digits, an even number: each two are one byte.</param>
    public static string Hex(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % 2, 0, nameof(length));
        return Convert.ToHexStringLower(Bytes(length / 2));
    }

    /// <summary>Characters of an alphabet, each as likely as another.</summary>
    public static string Text(string alphabet, int length) => string.Create(length, alphabet, static (text, alphabet) =>
    {
        foreach (ref var character in text)
            character = alphabet[(int)Native.randombytes_uniform((uint)alphabet.Length)];
    });
}
