using System.Text;

namespace Companion.Crypto;

/// <summary>What the assistant encrypts its messages of one room with.</summary>
internal sealed class OutboundGroup : OlmObject
{
    public OutboundGroup()
        : base(Native.olm_outbound_group_session_size(), Native.olm_outbound_group_session, Native.olm_clear_outbound_group_session)
    {
    }

    public string Id => Text(Native.olm_outbound_group_session_id_length(Self),
        buffer => Checked(Native.olm_outbound_group_session_id(Self, buffer, (nuint)buffer.Length)));

    /// <summary>With this one reads what is encrypted from now on.</summary>
    public string Key => Text(Native.olm_outbound_group_session_key_length(Self),
        buffer => Checked(Native.olm_outbound_group_session_key(Self, buffer, (nuint)buffer.Length)));

    public static OutboundGroup Create()
    {
        var session = new OutboundGroup();
        var random = Random(Native.olm_init_outbound_group_session_random_length(session.Self));
        session.Checked(Native.olm_init_outbound_group_session(session.Self, random, (nuint)random.Length));
        return session;
    }

    public static OutboundGroup Unpickle(byte[] key, string pickle)
    {
        var bytes = Bytes(pickle);
        return Made(new OutboundGroup(), session => session.Checked(Native.olm_unpickle_outbound_group_session(session.Self, key, (nuint)key.Length, bytes, (nuint)bytes.Length)));
    }

    public string Pickle(byte[] key) => Text(Native.olm_pickle_outbound_group_session_length(Self),
        buffer => Checked(Native.olm_pickle_outbound_group_session(Self, key, (nuint)key.Length, buffer, (nuint)buffer.Length)));

    public string Encrypt(string plaintext)
    {
        var bytes = Bytes(plaintext);
        return Text(Native.olm_group_encrypt_message_length(Self, (nuint)bytes.Length),
            buffer => Checked(Native.olm_group_encrypt(Self, bytes, (nuint)bytes.Length, buffer, (nuint)buffer.Length)));
    }

    protected override string Error() => ErrorText(Native.olm_outbound_group_session_last_error(Self));
}

/// <summary>What another device encrypts its messages of one room with.</summary>
internal sealed class InboundGroup : OlmObject
{
    public InboundGroup()
        : base(Native.olm_inbound_group_session_size(), Native.olm_inbound_group_session, Native.olm_clear_inbound_group_session)
    {
    }

    public string Id => Text(Native.olm_inbound_group_session_id_length(Self),
        buffer => Checked(Native.olm_inbound_group_session_id(Self, buffer, (nuint)buffer.Length)));

    /// <summary>The first message that can be read with it.</summary>
    public uint FirstIndex => Native.olm_inbound_group_session_first_known_index(Self);

    public static InboundGroup Of(string sessionKey)
    {
        var bytes = Bytes(sessionKey);
        return Made(new InboundGroup(), session => session.Checked(Native.olm_init_inbound_group_session(session.Self, bytes, (nuint)bytes.Length)));
    }

    public static InboundGroup Unpickle(byte[] key, string pickle)
    {
        var bytes = Bytes(pickle);
        return Made(new InboundGroup(), session => session.Checked(Native.olm_unpickle_inbound_group_session(session.Self, key, (nuint)key.Length, bytes, (nuint)bytes.Length)));
    }

    public string Pickle(byte[] key) => Text(Native.olm_pickle_inbound_group_session_length(Self),
        buffer => Checked(Native.olm_pickle_inbound_group_session(Self, key, (nuint)key.Length, buffer, (nuint)buffer.Length)));

    public (string Plaintext, uint Index) Decrypt(string message)
    {
        var bytes = Bytes(message);
        var most = Checked(Native.olm_group_decrypt_max_plaintext_length(Self, bytes, (nuint)bytes.Length));
        var (buffer, again) = (new byte[most], Bytes(message));
        var length = Checked(Native.olm_group_decrypt(Self, again, (nuint)again.Length, buffer, most, out var index));
        return (Encoding.UTF8.GetString(buffer, 0, (int)length), index);
    }

    protected override string Error() => ErrorText(Native.olm_inbound_group_session_last_error(Self));
}
