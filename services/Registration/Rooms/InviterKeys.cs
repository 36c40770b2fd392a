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

    /// <summary>Writes them beside their place, then renames: they are the old ones or the new, whole.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public void Write(string path)
    {
        var keys = new JsonObject { ["password"] = Password.Reveal(), ["access_token"] = AccessToken?.Reveal() };
        var unfinished = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(unfinished, options))
        {
            JsonSerializer.Serialize(file, keys, KeysJson.Default.JsonObject);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }

    private static string? Text(JsonObject keys, string name) =>
        keys[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonObject))]
internal sealed partial class KeysJson : System.Text.Json.Serialization.JsonSerializerContext;
