using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ServiceHost;

namespace Registration.Rooms;

/// <summary>What opens the service's own account. It lies in a file that this service alone reads.</summary>
/// <param name="Password">Made once, on this machine.</param>
/// <param name="AccessToken">Of the last sign-in; null before the first.</param>
internal sealed record InviterKeys(SecretText Password, SecretText? AccessToken)
{
    /// <summary>Reads them; null where there are none, or none that can be read.</summary>
    public static InviterKeys? Read(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject keys && Text(keys, "password") is { } password
                ? new(new SecretText(password), Text(keys, "access_token") is { } token ? new SecretText(token) : null)
                : null;
        }
        catch (Exception error) when (error is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public void Write(string path) => PrivateFile.Write(path, Encoding.UTF8.GetBytes(
        new JsonObject { ["password"] = Password.Reveal(), ["access_token"] = AccessToken?.Reveal() }.ToJsonString()));

    private static string? Text(JsonObject keys, string name) =>
        keys[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
