namespace Sodium;

/// <summary>libsodium cannot be used; the message says what to do.</summary>
public sealed class SodiumException(string message, Exception inner) : Exception(message, inner);

/// <summary>Debian's library. Whoever uses it says so at the start, where its lack is a message and not a fault of the first request.</summary>
public static class SodiumLibrary
{
    /// <summary>Makes the library ready.</summary>
    /// <exception cref="SodiumException">It is not on this computer.</exception>
    public static void Use()
    {
        try
        {
            Native.crypto_auth_hmacsha256_statebytes();
        }
        catch (TypeInitializationException error) when (error.InnerException is DllNotFoundException)
        {
            throw new SodiumException($"There is no {Native.Library} here. Install the package libsodium23.", error);
        }
    }
}
