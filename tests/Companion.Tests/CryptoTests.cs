using System.Text.Json;
using Companion.Crypto;

namespace Companion.Tests;

/// <summary>libolm through our binding, and signed JSON.</summary>
public sealed class CryptoTests
{
    private static readonly byte[] Key = "a pickle key of thirty-two bytes"u8.ToArray();

    [Fact]
    public void Two_devices_talk_over_sessions_that_are_pickled_between_all_messages()
    {
        using var alice = OlmAccount.Create();
        using var bob = OlmAccount.Create();
        bob.GenerateOneTimeKeys(1);
        var once = JsonDocument.Parse(bob.OneTimeKeys).RootElement.GetProperty("curve25519").EnumerateObject().Single().Value.GetString()!;
        var outbound = alice.Outbound(Curve(bob), once);
        var (type, body) = outbound.Encrypt("one: Grüße");
        Assert.Equal(0, type);

        var inbound = bob.Inbound(Curve(alice), body);
        Assert.True(inbound.Matches(Curve(alice), body));
        Assert.Equal("one: Grüße", inbound.Decrypt(type, body));
        bob.RemoveOneTimeKeys(inbound);
        Assert.Throws<OlmException>(() => bob.Inbound(Curve(alice), body));
        Assert.Throws<OlmException>(() => inbound.Decrypt(type, body));

        for (var count = 0; count < 5; count++)
        {
            (outbound, inbound) = (Again(outbound), Again(inbound));
            var (kind, text) = inbound.Encrypt($"answer {count}");
            Assert.Equal($"answer {count}", outbound.Decrypt(kind, text));
            (kind, text) = outbound.Encrypt($"question {count}");
            Assert.Equal(1, kind);
            Assert.Equal($"question {count}", inbound.Decrypt(kind, text));
        }
        outbound.Dispose();
        inbound.Dispose();
    }

    [Fact]
    public void A_room_key_reads_from_its_message_on_and_a_tampered_message_is_refused()
    {
        using var outbound = OutboundGroup.Create();
        outbound.Encrypt("before");
        using var inbound = InboundGroup.Of(outbound.Key);
        var first = outbound.Encrypt("first");
        var second = outbound.Encrypt("second");

        Assert.Equal(outbound.Id, inbound.Id);
        Assert.Equal(1u, inbound.FirstIndex);
        Assert.Equal(("second", 2u), inbound.Decrypt(second));
        Assert.Equal(("first", 1u), inbound.Decrypt(first));
        Assert.Throws<OlmException>(() => inbound.Decrypt(first[..20] + (first[20] == 'A' ? 'B' : 'A') + first[21..]));
        using var again = InboundGroup.Unpickle(Key, inbound.Pickle(Key));
        Assert.Equal(("first", 1u), again.Decrypt(first));
        Assert.Throws<OlmException>(() => InboundGroup.Of("not a key"));
    }

    [Fact]
    public void A_pickle_opens_with_its_own_key_only()
    {
        using var account = OlmAccount.Create();
        var pickle = account.Pickle(Key);

        using var again = OlmAccount.Unpickle(Key, pickle);
        Assert.Equal(account.IdentityKeys, again.IdentityKeys);
        Assert.Throws<OlmException>(() => OlmAccount.Unpickle("another key of thirty-two bytes!"u8.ToArray(), pickle));
        Assert.DoesNotContain(Curve(account), pickle, StringComparison.Ordinal);
    }

    [Theory]
    // The examples of the specification's appendix "Canonical JSON".
    [InlineData("{}", "{}")]
    [InlineData("""{"one": 1, "two": "Two"}""", """{"one":1,"two":"Two"}""")]
    [InlineData("""{"b": "2", "a": "1"}""", """{"a":"1","b":"2"}""")]
    [InlineData("""{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe", "three_pids": [{"medium": "email", "address": "john.doe@example.org"}, {"medium": "msisdn", "address": "123456789"}]}}}""",
        """{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}""")]
    [InlineData("""{"a": "日本語"}""", """{"a":"日本語"}""")]
    [InlineData("""{"本": 2, "日": 1}""", """{"日":1,"本":2}""")]
    [InlineData("""{"a": "\u65E5"}""", """{"a":"日"}""")]
    [InlineData("""{"a": null}""", """{"a":null}""")]
    [InlineData("""{"signatures": {"x": 1}, "unsigned": 2, "a": {"unsigned": 3}}""", """{"a":{"unsigned":3}}""")]
    public void Json_to_be_signed_is_written_in_one_way(string json, string canonical) =>
        Assert.Equal(canonical, Signing.Canonical(JsonDocument.Parse(json).RootElement));

    [Fact]
    public void A_signature_holds_for_what_was_signed_by_whom_it_names()
    {
        using var account = OlmAccount.Create();
        var ed25519 = JsonDocument.Parse(account.IdentityKeys).RootElement.GetProperty("ed25519").GetString()!;
        var signature = account.Sign(Signing.Canonical(JsonDocument.Parse("""{"key": "x"}""").RootElement));
        JsonElement Signed(string key) => JsonSerializer.SerializeToElement(new
        {
            key,
            signatures = new Dictionary<string, object> { ["@a:b"] = new Dictionary<string, string> { ["ed25519:DEV"] = signature } },
        });

        Assert.True(Signing.IsSigned(Signed("x"), "@a:b", "DEV", ed25519));
        Assert.False(Signing.IsSigned(Signed("y"), "@a:b", "DEV", ed25519));
        Assert.False(Signing.IsSigned(Signed("x"), "@a:b", "OTHER", ed25519));
        Assert.False(Signing.IsSigned(Signed("x"), "@a:b", "DEV", Curve(account)));
    }

    private static string Curve(OlmAccount account) => JsonDocument.Parse(account.IdentityKeys).RootElement.GetProperty("curve25519").GetString()!;

    private static OlmSession Again(OlmSession session)
    {
        using (session)
            return OlmSession.Unpickle(Key, session.Pickle(Key));
    }
}
