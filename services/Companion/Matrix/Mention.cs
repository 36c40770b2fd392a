using System.Text.RegularExpressions;

namespace Companion.Matrix;

/// <summary>Decides whether an event is meant for the assistant, and what it says without the assistant's name.</summary>
internal static class Mention
{
    /// <summary>The question; null where the event is none: not a text, an edit, its own, without a mention, or nothing but one.</summary>
    public static string? Question(RoomEvent happened, string userId)
    {
        if (happened.Content.Text("msgtype") != "m.text" || Text(happened, userId) is not { } text)
            return null;
        var question = Name(userId).Replace(text, "");
        question = WithoutAddress(question.Trim(), userId).Trim().TrimStart(':', ',', ';', '!').Trim();
        return question.Any(char.IsLetterOrDigit) || question.Any(c => c > 127) || question.Contains('?') ? question : null;
    }

    /// <summary>Whether it is a picture, a file or a recording with a mention: nothing that the assistant can read.</summary>
    public static bool IsAttachment(RoomEvent happened, string userId) =>
        happened.Content.Text("msgtype") is "m.image" or "m.file" or "m.audio" or "m.video" && Text(happened, userId) is not null;

    // What a new message of somebody else says, where it mentions the assistant.
    private static string? Text(RoomEvent happened, string userId)
    {
        if (happened.Type != "m.room.message" || happened.StateKey is not null || happened.Sender == userId
            || happened.Relation?.Text("rel_type") == "m.replace" || happened.Content.Text("body") is not { } body)
            return null;
        var text = WithoutQuote(happened, body);
        return happened.Content.Texts("m.mentions", "user_ids").Contains(userId) || Name(userId).IsMatch(text) ? text : null;
    }

    // The user id itself, not as the beginning of a longer one; with the link to it that some clients write.
    private static Regex Name(string userId)
    {
        var id = Regex.Escape(userId);
        return new Regex($@"(?<![\w@.=/+-])(?:\[[^\]\n]{{0,200}}\]\(https://matrix\.to/#/{id}\)|https://matrix\.to/#/{id}|{id})(?![\w-]|[.:][\w])",
            RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, TimeSpan.FromSeconds(1));
    }

    // A reply quotes the other message in its first lines; in a thread, the relation is there for clients without threads only.
    private static string WithoutQuote(RoomEvent happened, string body)
    {
        if (happened.Relation?.Get("m.in_reply_to") is null || !body.StartsWith("> ", StringComparison.Ordinal))
            return body;
        var lines = body.Split('\n');
        return string.Join('\n', lines.SkipWhile(line => line.StartsWith('>'))).TrimStart('\n');
    }

    // "Claude: …": clients that mention by a pill write the display name, most often the local part of the id with a capital.
    private static string WithoutAddress(string text, string userId)
    {
        var local = userId[1..userId.IndexOf(':')];
        foreach (var address in (string[])[$"@{local}", local])
            if (text.StartsWith(address, StringComparison.OrdinalIgnoreCase)
                && (text.Length == address.Length || text[address.Length] is ':' or ',' or ' ' or '\n'))
                return text[address.Length..];
        return text;
    }
}
