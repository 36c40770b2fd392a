using ServiceHost;

namespace CallTokens.Settings;

/// <summary>The one key that this service and LiveKit share: its name is public, its secret signs.</summary>
internal sealed record LiveKitKey(string Name, SecretText Secret)
{
    /// <summary>LiveKit complains about a shorter one.</summary>
    private const int ShortestSecret = 32;

    /// <summary>Reads a key file: one line <c>key: secret</c>, as LiveKit reads it.</summary>
    /// <returns>The key, or what is wrong with the file; never a part of it.</returns>
    public static (LiveKitKey? Key, string? Problem) Parse(string text)
    {
        var lines = text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').ToList();
        if (lines.Count != 1)
            return (null, $"holds {lines.Count} keys; it must hold exactly one line \"key: secret\"");
        var colon = lines[0].IndexOf(": ", StringComparison.Ordinal);
        if (colon <= 0)
            return (null, "is not of the form \"key: secret\", with a space after the colon");
        var (name, secret) = (Unquoted(lines[0][..colon].Trim()), Unquoted(lines[0][(colon + 2)..].Trim()));
        if (name.Length == 0 || secret.Length < ShortestSecret)
            return (null, $"has a secret of {secret.Length} characters; give it at least {ShortestSecret}");
        return (new LiveKitKey(name, new SecretText(secret)), null);
    }

    private static string Unquoted(string text) =>
        text.Length >= 2 && text[0] is '"' or '\'' && text[^1] == text[0] ? text[1..^1] : text;
}
