using System.Globalization;
using System.Text.Json;
using ServiceHost;

namespace Companion.Settings;

/// <summary>
/// Looks a setting up: <c>claude.max_tokens</c> is the variable CLAUDE_MAX_TOKENS, or else <c>{"claude": {"max_tokens": …}}</c> in the
/// file that COMPANION_CONFIG names. Remembers what is wrong, so that all problems can be told together.
/// </summary>
internal sealed class SettingsSource
{
    private readonly Func<string, string?> environment;
    private readonly JsonElement file;
    private readonly HashSet<string> asked = [];

    public SettingsSource(Func<string, string?> environment)
    {
        this.environment = environment;
        file = ReadFile(environment("COMPANION_CONFIG"));
    }

    public List<string> Problems { get; } = [];

    public static string Variable(string name) => name.Replace('.', '_').ToUpperInvariant();

    public string? Text(string name)
    {
        if (environment(Variable(name))?.Trim() is { Length: > 0 } value)
        {
            asked.Add(name);
            return value;
        }
        return FromFile(name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } text => text.GetString()!.Trim() is { Length: > 0 } trimmed ? trimmed : null,
            { ValueKind: JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } plain => plain.GetRawText().ToLowerInvariant(),
            { } other => Wrong<string?>(name, other.GetRawText(), "a single value", null),
        };
    }

    public string Required(string name, string meaning)
    {
        if (Text(name) is { } value)
            return value;
        Problems.Add($"{name} is not set: {meaning}. Set {Variable(name)}, or {name} in the file that COMPANION_CONFIG names.");
        return "";
    }

    public Uri? Url(string name)
    {
        if (Text(name) is not { } value)
            return null;
        return Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.UserInfo.Length == 0
            ? url
            : Wrong<Uri?>(name, value, "an http or https address", null);
    }

    public int Number(string name, int fallback, int least, int most)
    {
        if (Text(name) is not { } value)
            return fallback;
        return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : Wrong(name, value, $"a number from {least} to {most}", fallback);
    }

    public decimal? Money(string name)
    {
        if (Text(name) is not { } value)
            return null;
        return decimal.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var money) && money is > 0 and <= 1_000_000
            ? money
            : Wrong<decimal?>(name, value, "an amount in US dollars, over 0 and up to 1000000", null);
    }

    public bool Flag(string name, bool fallback) => Text(name) switch
    {
        null => fallback,
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        var value => Wrong(name, value, "true or false", fallback),
    };

    /// <summary>A secret: the variable, else the credential (matrix_access_token), else the file that NAME_file names, else the settings file.</summary>
    public SecretText? Secret(string name)
    {
        asked.Add(name);
        asked.Add($"{name}_file");
        if (environment(Variable(name))?.Trim() is { Length: > 0 } value)
            return new SecretText(value);
        if (Credential(name) is { } credential)
            return credential;
        if (Text($"{name}_file") is { } named)
            return ReadSecret(named);
        return Text(name) is { } text ? new SecretText(text) : null;
    }

    public SecretText RequiredSecret(string name, string meaning)
    {
        if (Secret(name) is { } secret)
            return secret;
        Problems.Add($"{name} is not set: {meaning}. Give the unit LoadCredential={name.Replace('.', '_')}:FILE, or set {Variable(name)}_FILE.");
        return new SecretText("");
    }

    /// <summary>An object or a list, written as JSON in the variable, or else in a credential (tools_mcp_servers), for there may be secrets in it.</summary>
    public JsonElement? Json(string name)
    {
        asked.Add(name);
        var value = environment(Variable(name))?.Trim();
        if (string.IsNullOrEmpty(value))
            value = Credential(name)?.Reveal();
        if (string.IsNullOrEmpty(value))
            return FromFile(name);
        try
        {
            return JsonDocument.Parse(value).RootElement;
        }
        catch (JsonException error)
        {
            return Wrong<JsonElement?>(name, "(text)", $"JSON ({error.Message})", null);
        }
    }

    /// <summary>What the file holds and nothing asked for: most likely misspelt.</summary>
    public void RefuseUnknown()
    {
        if (file.ValueKind != JsonValueKind.Object)
            return;
        foreach (var section in file.EnumerateObject())
            if (section.Value.ValueKind != JsonValueKind.Object)
                Problems.Add($"{section.Name} in the settings file is not a section.");
            else
                foreach (var entry in section.Value.EnumerateObject())
                    if (!asked.Contains($"{section.Name}.{entry.Name}"))
                        Problems.Add($"{section.Name}.{entry.Name} in the settings file is no setting.");
    }

    private JsonElement? FromFile(string name)
    {
        asked.Add(name);
        var (section, key) = (name[..name.IndexOf('.')], name[(name.IndexOf('.') + 1)..]);
        return file.ValueKind == JsonValueKind.Object && file.TryGetProperty(section, out var entries)
            && entries.ValueKind == JsonValueKind.Object && entries.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
    }

    private SecretText? Credential(string name) =>
        environment("CREDENTIALS_DIRECTORY") is { Length: > 0 } folder && Path.Combine(folder, name.Replace('.', '_')) is var path && File.Exists(path)
            ? ReadSecret(path)
            : null;

    private SecretText? ReadSecret(string path)
    {
        try
        {
            if (File.ReadAllText(path).Trim() is { Length: > 0 } text)
                return new SecretText(text);
            Problems.Add($"{path} is empty; it must hold a secret.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Problems.Add($"{path} cannot be read: {error.Message}");
        }
        return new SecretText("");
    }

    private JsonElement ReadFile(string? path)
    {
        if (string.IsNullOrEmpty(path))
            return default;
        try
        {
            var root = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
            if (root.ValueKind == JsonValueKind.Object)
                return root;
            Problems.Add($"{path} holds no JSON object.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            Problems.Add($"COMPANION_CONFIG names {path}, which cannot be read: {error.Message}");
        }
        return default;
    }

    private T Wrong<T>(string name, string value, string expected, T fallback)
    {
        Problems.Add($"{name} is \"{value}\", not {expected}.");
        return fallback;
    }
}
