using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CallTokens.Settings;

namespace CallTokens.LiveKit;

/// <summary>JSON Web Tokens signed with HMAC-SHA256 (RFC 7519 and 7515), the one kind that LiveKit knows.</summary>
internal sealed class Jwt(LiveKitKey key, TimeProvider time)
{
    /// <summary>How far apart the clocks of two computers may be.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    private readonly byte[] secret = Encoding.UTF8.GetBytes(key.Secret.Reveal());

    /// <summary>A token of this service.</summary>
    /// <param name="lifetime">How long it is good for, from now.</param>
    /// <param name="claims">What it says beside who made it and when.</param>
    public string Sign(TimeSpan lifetime, JsonObject claims)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        claims["iss"] = key.Name;
        claims["iat"] = now;
        claims["nbf"] = now;
        claims["exp"] = now + (long)lifetime.TotalSeconds;
        var text = $"{Header}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(text)))}";
    }

    /// <summary>What a token says, where our key signed it and it is of now.</summary>
    /// <returns>Null for any other token.</returns>
    public JsonElement? Verify(string token)
    {
        try
        {
            if (token.Split('.') is not [var header, var body, var signature])
                return null;
            var expected = HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes($"{header}.{body}"));
            if (!CryptographicOperations.FixedTimeEquals(expected, Base64Url.DecodeFromChars(signature)))
                return null;
            var claims = JsonElement.Parse(Base64Url.DecodeFromChars(body));
            var now = time.GetUtcNow();
            var isGood = Text(JsonElement.Parse(Base64Url.DecodeFromChars(header)), "alg") == "HS256"
                && Text(claims, "iss") == key.Name
                && Time(claims, "exp") is { } until && now <= until + Leeway
                && (Time(claims, "nbf") is not { } from || now >= from - Leeway);
            return isGood ? claims : null;
        }
        catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static DateTimeOffset? Time(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? DateTimeOffset.FromUnixTimeSeconds((long)value.GetDouble()) : null;
}
