using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CallTokens.Requests;

namespace CallTokens.LiveKit;

/// <summary>What LiveKit tells of a call (LiveKit's documentation, "Webhooks"); of its fields, those that leaves need.</summary>
internal sealed record WebhookEvent
{
    public string? Event { get; init; }

    public WebhookRoom? Room { get; init; }

    public WebhookParticipant? Participant { get; init; }
}

/// <summary>The room of an event.</summary>
internal sealed record WebhookRoom(string? Name);

/// <summary>The person of an event: the identity, and the id of this connection.</summary>
internal sealed record WebhookParticipant(string? Identity, string? Sid, JsonElement DisconnectReason);

/// <summary>Takes LiveKit's webhooks, signed with our key over the very bytes of the body.</summary>
internal static class Webhook
{
    /// <summary>The event.</summary>
    /// <exception cref="Refusal">LiveKit did not sign this, or it is none.</exception>
    public static WebhookEvent Read(Jwt jwt, string? authorization, ReadOnlyMemory<byte> body)
    {
        // LiveKit sends the token alone; its libraries take it after "Bearer" too.
        var token = authorization is { } value && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value[7..] : authorization ?? "";
        var isSigned = jwt.Verify(token.Trim()) is { } claims
            && claims.TryGetProperty("sha256", out var claimed) && claimed.ValueKind == JsonValueKind.String
            && IsHash(claimed.GetString()!, body.Span);
        return isSigned ? RequestBody.Json(body, WebhookJson.Default.WebhookEvent) : throw Refusal.WrongSignature();
    }

    // In base64, the standard one or that of URLs.
    private static bool IsHash(string claimed, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes + 2];
        var standard = claimed.Replace('-', '+').Replace('_', '/').TrimEnd('=') + "=";
        return Convert.TryFromBase64String(standard, hash, out var length)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(body), hash[..length]);
    }
}

/// <summary>JSON of webhooks: fields that are not ours to know are passed over.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WebhookEvent))]
internal sealed partial class WebhookJson : JsonSerializerContext;
