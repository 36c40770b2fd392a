using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Companion.Crypto;

/// <summary>libolm refused.</summary>
internal sealed class OlmException(string message) : Exception(message);

/// <summary>libolm's objects live in memory that the caller gives; this is that memory, wiped when it is given back.</summary>
internal abstract unsafe class OlmObject : IDisposable
{
    private readonly Func<nint, nuint> clear;

    protected OlmObject(nuint size, Func<nint, nint> make, Func<nint, nuint> clear)
    {
        this.clear = clear;
        Memory = (nint)NativeMemory.AllocZeroed(size);
        Self = make(Memory);
    }

    protected nint Self { get; private set; }

    private nint Memory { get; set; }

    public void Dispose()
    {
        if (Memory == 0)
            return;
        clear(Self);
        NativeMemory.Free((void*)Memory);
        (Memory, Self) = (0, 0);
    }

    /// <summary>Bytes of text in, as libolm reads them; some it overwrites, so each call has its own.</summary>
    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static byte[] Random(nuint length) => RandomNumberGenerator.GetBytes((int)length);

    /// <summary>What is filled from outside may be refused; its memory is given back then.</summary>
    protected static T Made<T>(T made, Action<T> fill)
        where T : OlmObject
    {
        try
        {
            fill(made);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    protected nuint Checked(nuint result) => result != Native.olm_error() ? result : throw new OlmException(Error());

    /// <summary>Calls with a buffer of this length, and reads what was written into it.</summary>
    protected static string Text(nuint length, Func<byte[], nuint> call)
    {
        var buffer = new byte[length];
        call(buffer);
        return Encoding.UTF8.GetString(buffer);
    }

    protected abstract string Error();

    protected static string ErrorText(nint text) => Marshal.PtrToStringUTF8(text) ?? "unknown";
}

/// <summary>The keys of a device: its identity, and those that others begin sessions with.</summary>
internal sealed class OlmAccount : OlmObject
{
    public OlmAccount()
        : base(Native.olm_account_size(), Native.olm_account, Native.olm_clear_account)
    {
    }

    /// <summary>What is signed and encrypted with: JSON with curve25519 and ed25519.</summary>
    public string IdentityKeys => Text(Native.olm_account_identity_keys_length(Self),
        buffer => Checked(Native.olm_account_identity_keys(Self, buffer, (nuint)buffer.Length)));

    public string OneTimeKeys => Text(Native.olm_account_one_time_keys_length(Self),
        buffer => Checked(Native.olm_account_one_time_keys(Self, buffer, (nuint)buffer.Length)));

    public string UnpublishedFallbackKey => Text(Native.olm_account_unpublished_fallback_key_length(Self),
        buffer => Checked(Native.olm_account_unpublished_fallback_key(Self, buffer, (nuint)buffer.Length)));

    public int MostOneTimeKeys => (int)Native.olm_account_max_number_of_one_time_keys(Self);

    public static OlmAccount Create()
    {
        var account = new OlmAccount();
        var random = Random(Native.olm_create_account_random_length(account.Self));
        account.Checked(Native.olm_create_account(account.Self, random, (nuint)random.Length));
        return account;
    }

    public static OlmAccount Unpickle(byte[] key, string pickle)
    {
        var bytes = Bytes(pickle);
        return Made(new OlmAccount(), account => account.Checked(Native.olm_unpickle_account(account.Self, key, (nuint)key.Length, bytes, (nuint)bytes.Length)));
    }

    public string Pickle(byte[] key) => Text(Native.olm_pickle_account_length(Self),
        buffer => Checked(Native.olm_pickle_account(Self, key, (nuint)key.Length, buffer, (nuint)buffer.Length)));

    public string Sign(string message)
    {
        var bytes = Bytes(message);
        return Text(Native.olm_account_signature_length(Self),
            buffer => Checked(Native.olm_account_sign(Self, bytes, (nuint)bytes.Length, buffer, (nuint)buffer.Length)));
    }

    public void GenerateOneTimeKeys(int count)
    {
        var random = Random(Native.olm_account_generate_one_time_keys_random_length(Self, (nuint)count));
        Checked(Native.olm_account_generate_one_time_keys(Self, (nuint)count, random, (nuint)random.Length));
    }

    public void GenerateFallbackKey()
    {
        var random = Random(Native.olm_account_generate_fallback_key_random_length(Self));
        Checked(Native.olm_account_generate_fallback_key(Self, random, (nuint)random.Length));
    }

    public void MarkKeysAsPublished() => Checked(Native.olm_account_mark_keys_as_published(Self));

    public OlmSession Outbound(string theirIdentityKey, string theirOneTimeKey)
    {
        return Made(new OlmSession(), session =>
        {
            var (identity, once, random) = (Bytes(theirIdentityKey), Bytes(theirOneTimeKey), Random(Native.olm_create_outbound_session_random_length(session.Handle)));
            session.Check(Native.olm_create_outbound_session(session.Handle, Self, identity, (nuint)identity.Length, once, (nuint)once.Length, random, (nuint)random.Length));
        });
    }

    /// <summary>The session that another device began with this message; its one-time key is used up by it.</summary>
    public OlmSession Inbound(string theirIdentityKey, string message)
    {
        var (identity, bytes) = (Bytes(theirIdentityKey), Bytes(message));
        return Made(new OlmSession(), session => session.Check(Native.olm_create_inbound_session_from(session.Handle, Self, identity, (nuint)identity.Length, bytes, (nuint)bytes.Length)));
    }

    public void RemoveOneTimeKeys(OlmSession session) => Checked(Native.olm_remove_one_time_keys(Self, session.Handle));

    protected override string Error() => ErrorText(Native.olm_account_last_error(Self));
}

/// <summary>A ratchet with one other device.</summary>
internal sealed class OlmSession : OlmObject
{
    public OlmSession()
        : base(Native.olm_session_size(), Native.olm_session, Native.olm_clear_session)
    {
    }

    public string Id => Text(Native.olm_session_id_length(Self), buffer => Checked(Native.olm_session_id(Self, buffer, (nuint)buffer.Length)));

    internal nint Handle => Self;

    public static OlmSession Unpickle(byte[] key, string pickle)
    {
        var bytes = Bytes(pickle);
        return Made(new OlmSession(), session => session.Checked(Native.olm_unpickle_session(session.Self, key, (nuint)key.Length, bytes, (nuint)bytes.Length)));
    }

    public string Pickle(byte[] key) => Text(Native.olm_pickle_session_length(Self),
        buffer => Checked(Native.olm_pickle_session(Self, key, (nuint)key.Length, buffer, (nuint)buffer.Length)));

    public bool Matches(string theirIdentityKey, string message)
    {
        var (identity, bytes) = (Bytes(theirIdentityKey), Bytes(message));
        return Native.olm_matches_inbound_session_from(Self, identity, (nuint)identity.Length, bytes, (nuint)bytes.Length) == 1;
    }

    public (int Type, string Body) Encrypt(string plaintext)
    {
        var type = (int)Checked(Native.olm_encrypt_message_type(Self));
        var (bytes, random) = (Bytes(plaintext), Random(Native.olm_encrypt_random_length(Self)));
        return (type, Text(Native.olm_encrypt_message_length(Self, (nuint)bytes.Length),
            buffer => Checked(Native.olm_encrypt(Self, bytes, (nuint)bytes.Length, random, (nuint)random.Length, buffer, (nuint)buffer.Length))));
    }

    public string Decrypt(int type, string message)
    {
        var bytes = Bytes(message);
        var most = Checked(Native.olm_decrypt_max_plaintext_length(Self, (nuint)type, bytes, (nuint)bytes.Length));
        var (buffer, again) = (new byte[most], Bytes(message));
        var length = Checked(Native.olm_decrypt(Self, (nuint)type, again, (nuint)again.Length, buffer, most));
        return Encoding.UTF8.GetString(buffer, 0, (int)length);
    }

    internal void Check(nuint result) => Checked(result);

    protected override string Error() => ErrorText(Native.olm_session_last_error(Self));
}
