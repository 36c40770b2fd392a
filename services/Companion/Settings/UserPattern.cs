namespace Companion.Settings;

/// <summary>A user id such as <c>@nana:example.org</c>, or one with * in it: <c>*:example.org</c> is everybody of one server.</summary>
internal sealed record UserPattern(string Text)
{
    /// <summary>Whether it can match a user id at all.</summary>
    public static bool IsValid(string text) =>
        text.Length is > 0 and <= 255 && (text[0] is '@' or '*') && !text.Any(char.IsWhiteSpace) && (text == "*" || text.Contains(':'));

    public bool Matches(string userId)
    {
        // Each part between stars is found at its first place after the one before; the last one at the end.
        var parts = Text.Split('*');
        if (parts.Length == 1)
            return userId == Text;
        if (!userId.StartsWith(parts[0], StringComparison.Ordinal))
            return false;
        var at = parts[0].Length;
        foreach (var part in parts[1..^1])
        {
            var found = userId.IndexOf(part, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + part.Length;
        }
        return userId.Length - at >= parts[^1].Length && userId.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
