using System.Runtime.InteropServices;

namespace Companion.Crypto;

/// <summary>libolm's C interface (olm.h, inbound_group_session.h, outbound_group_session.h, pk.h of version 3.2), under its own names.</summary>
internal static partial class Native
{
    private const string Library = "libolm.so.3";

    [LibraryImport(Library)]
    internal static partial nuint olm_error();

    [LibraryImport(Library)]
    internal static partial nuint olm_account_size();

    [LibraryImport(Library)]
    internal static partial nint olm_account(nint memory);

    [LibraryImport(Library)]
    internal static partial nuint olm_clear_account(nint account);

    [LibraryImport(Library)]
    internal static partial nint olm_account_last_error(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_create_account_random_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_create_account(nint account, [In, Out] byte[] random, nuint randomLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_account_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_account(
        nint account, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_unpickle_account(
        nint account, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_identity_keys_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_identity_keys(nint account, [In, Out] byte[] keys, nuint keysLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_signature_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_sign(
        nint account, [In, Out] byte[] message, nuint messageLength, [In, Out] byte[] signature, nuint signatureLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_one_time_keys_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_one_time_keys(nint account, [In, Out] byte[] keys, nuint keysLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_mark_keys_as_published(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_max_number_of_one_time_keys(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_generate_one_time_keys_random_length(nint account, nuint count);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_generate_one_time_keys(
        nint account, nuint count, [In, Out] byte[] random, nuint randomLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_generate_fallback_key_random_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_generate_fallback_key(nint account, [In, Out] byte[] random, nuint randomLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_unpublished_fallback_key_length(nint account);

    [LibraryImport(Library)]
    internal static partial nuint olm_account_unpublished_fallback_key(nint account, [In, Out] byte[] key, nuint keyLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_session_size();

    [LibraryImport(Library)]
    internal static partial nint olm_session(nint memory);

    [LibraryImport(Library)]
    internal static partial nuint olm_clear_session(nint session);

    [LibraryImport(Library)]
    internal static partial nint olm_session_last_error(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_session_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_session(
        nint session, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_unpickle_session(
        nint session, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_create_outbound_session_random_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_create_outbound_session(
        nint session, nint account, [In, Out] byte[] identityKey, nuint identityKeyLength, [In, Out] byte[] oneTimeKey, nuint oneTimeKeyLength, [In, Out] byte[] random, nuint randomLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_create_inbound_session_from(
        nint session, nint account, [In, Out] byte[] identityKey, nuint identityKeyLength, [In, Out] byte[] message, nuint messageLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_matches_inbound_session_from(
        nint session, [In, Out] byte[] identityKey, nuint identityKeyLength, [In, Out] byte[] message, nuint messageLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_remove_one_time_keys(nint account, nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_session_id_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_session_id(nint session, [In, Out] byte[] id, nuint idLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_encrypt_message_type(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_encrypt_random_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_encrypt_message_length(nint session, nuint plaintextLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_encrypt(
        nint session, [In, Out] byte[] plaintext, nuint plaintextLength, [In, Out] byte[] random, nuint randomLength, [In, Out] byte[] message, nuint messageLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_decrypt_max_plaintext_length(nint session, nuint type, [In, Out] byte[] message, nuint messageLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_decrypt(
        nint session, nuint type, [In, Out] byte[] message, nuint messageLength, [In, Out] byte[] plaintext, nuint mostLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_utility_size();

    [LibraryImport(Library)]
    internal static partial nint olm_utility(nint memory);

    [LibraryImport(Library)]
    internal static partial nuint olm_ed25519_verify(
        nint utility, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] message, nuint messageLength, [In, Out] byte[] signature, nuint signatureLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_outbound_group_session_size();

    [LibraryImport(Library)]
    internal static partial nint olm_outbound_group_session(nint memory);

    [LibraryImport(Library)]
    internal static partial nuint olm_clear_outbound_group_session(nint session);

    [LibraryImport(Library)]
    internal static partial nint olm_outbound_group_session_last_error(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_outbound_group_session_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_outbound_group_session(
        nint session, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_unpickle_outbound_group_session(
        nint session, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_init_outbound_group_session_random_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_init_outbound_group_session(nint session, [In, Out] byte[] random, nuint randomLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_group_encrypt_message_length(nint session, nuint plaintextLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_group_encrypt(
        nint session, [In, Out] byte[] plaintext, nuint plaintextLength, [In, Out] byte[] message, nuint messageLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_outbound_group_session_id_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_outbound_group_session_id(nint session, [In, Out] byte[] id, nuint idLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_outbound_group_session_key_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_outbound_group_session_key(nint session, [In, Out] byte[] key, nuint keyLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_inbound_group_session_size();

    [LibraryImport(Library)]
    internal static partial nint olm_inbound_group_session(nint memory);

    [LibraryImport(Library)]
    internal static partial nuint olm_clear_inbound_group_session(nint session);

    [LibraryImport(Library)]
    internal static partial nint olm_inbound_group_session_last_error(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_inbound_group_session_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pickle_inbound_group_session(
        nint session, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_unpickle_inbound_group_session(
        nint session, [In, Out] byte[] key, nuint keyLength, [In, Out] byte[] pickled, nuint pickledLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_init_inbound_group_session(nint session, [In, Out] byte[] sessionKey, nuint sessionKeyLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_group_decrypt_max_plaintext_length(nint session, [In, Out] byte[] message, nuint messageLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_group_decrypt(
        nint session, [In, Out] byte[] message, nuint messageLength, [In, Out] byte[] plaintext, nuint mostLength, out uint index);

    [LibraryImport(Library)]
    internal static partial nuint olm_inbound_group_session_id_length(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_inbound_group_session_id(nint session, [In, Out] byte[] id, nuint idLength);

    [LibraryImport(Library)]
    internal static partial uint olm_inbound_group_session_first_known_index(nint session);

    [LibraryImport(Library)]
    internal static partial nuint olm_pk_signing_size();

    [LibraryImport(Library)]
    internal static partial nint olm_pk_signing(nint memory);

    [LibraryImport(Library)]
    internal static partial nuint olm_clear_pk_signing(nint signing);

    [LibraryImport(Library)]
    internal static partial nint olm_pk_signing_last_error(nint signing);

    [LibraryImport(Library)]
    internal static partial nuint olm_pk_signing_seed_length();

    [LibraryImport(Library)]
    internal static partial nuint olm_pk_signing_public_key_length();

    [LibraryImport(Library)]
    internal static partial nuint olm_pk_signing_key_from_seed(nint signing, [In, Out] byte[] publicKey, nuint publicKeyLength, byte[] seed, nuint seedLength);

    [LibraryImport(Library)]
    internal static partial nuint olm_pk_signature_length();

    [LibraryImport(Library)]
    internal static partial nuint olm_pk_sign(nint signing, byte[] message, nuint messageLength, [In, Out] byte[] signature, nuint signatureLength);
}
