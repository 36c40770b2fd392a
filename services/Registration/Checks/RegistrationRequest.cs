using System.Text.Json.Serialization;

namespace Registration.Checks;

/// <summary>What a person asks for, as it arrived.</summary>
internal sealed record RegistrationRequest
{
    [JsonPropertyName("username")]
    public string? Username { get; init; }

    [JsonPropertyName("password")]
    public string? Password { get; init; }

    [JsonPropertyName("invite_code")]
    public string? InviteCode { get; init; }

    // A record would print all its members, the password among them.
    public override string ToString() => nameof(RegistrationRequest);
}

[JsonSourceGenerationOptions(AllowDuplicateProperties = false)]
[JsonSerializable(typeof(RegistrationRequest))]
internal sealed partial class RegistrationJson : JsonSerializerContext;
