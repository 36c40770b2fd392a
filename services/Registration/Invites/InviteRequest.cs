using System.Globalization;
using Registration.Checks;

namespace Registration.Invites;

internal enum InviteField
{
    Label,
    Uses,
    Expires,
    UserName,
    Rooms,
}

/// <summary>One thing that is wrong with an invite that somebody wants to make.</summary>
internal sealed record InviteProblem(InviteField Field, string Message, string Hint);

/// <summary>An invite that somebody wants to make.</summary>
internal sealed record InviteRequest
{
    public const int MostUses = 1000;
    public const int MostRooms = 20;
    public const int LongestLabel = 100;

    public string Label { get; init; } = "";

    /// <summary>How many accounts, 1 to <see cref="MostUses"/>.</summary>
    public int Uses { get; init; } = 1;

    /// <summary>Null for never.</summary>
    public TimeSpan? ExpiresIn { get; init; }

    public string? UserName { get; init; }

    public IReadOnlyList<string> Rooms { get; init; } = [];

    // Marks of direction among them, by which a line can be made to read as another; joiners, which emojis are made with, are not.
    private static bool IsUnseen(char character) => character is not ('\u200c' or '\u200d')
        && char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>All that is wrong with it.</summary>
    public IEnumerable<InviteProblem> Problems()
    {
        if (Label.Length > LongestLabel || Label.Any(IsUnseen))
            yield return new(InviteField.Label, $"The label has {Label.Length} characters or one that cannot be shown.", $"Write one line of at most {LongestLabel} characters.");
        if (Uses is < 1 or > MostUses)
            yield return new(InviteField.Uses, $"An invite for {Uses} accounts cannot be made.", $"Give it 1 to {MostUses} uses.");
        if (ExpiresIn is { } span && (span < TimeSpan.FromSeconds(10) || span > TimeSpan.FromDays(3660)))
            yield return new(InviteField.Expires, $"An invite cannot expire after {span.TotalSeconds:0} seconds.", "Give it ten seconds to ten years, or let it never expire.");
        if (UserName is not null && !FormChecks.IsUsername(UserName))
            yield return new(InviteField.UserName, $"\"{UserName}\" is not a user name.", "Write the part before the colon, of a-z, 0-9 and . _ = - /");
        if (UserName is not null && Uses > 1)
            yield return new(InviteField.UserName, $"One user name is no use to {Uses} accounts.", "Leave the name out, or give the invite one use.");
        if (Rooms.Count > MostRooms)
            yield return new(InviteField.Rooms, $"{Rooms.Count} rooms are too many.", $"Name at most {MostRooms}; a Space leads to more.");
        foreach (var room in Rooms.Where(room => room.Length > 255 || !IsRoom(room)))
            yield return new(InviteField.Rooms, $"\"{room}\" is neither a room's alias nor its id.", "Write #kitchen:example.org or !id:example.org.");
    }

    /// <summary>A span as people write it: <c>30m</c>, <c>12h</c>, <c>7d</c>, <c>2w</c>; <c>never</c> and nothing give null.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryReadSpan(string text, out TimeSpan? span)
    {
        span = null;
        if (text is "" or "never")
            return true;
        if (text.Length is < 2 or > 6 || !text.SkipLast(1).All(char.IsAsciiDigit))
            return false;
        var number = int.Parse(text.AsSpan(..^1), CultureInfo.InvariantCulture);
        span = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(number),
            'w' => TimeSpan.FromDays(7 * number),
            _ => null,
        };
        return span is not null;
    }

    // #NAME:SERVER, !ID:SERVER, or !ID alone: room versions of today have ids without a server.
    private static bool IsRoom(string room)
    {
        var colon = room.IndexOf(':');
        var (name, server) = colon < 0 ? (room, null) : (room[..colon], room[(colon + 1)..]);
        return name.Length > 1 && server?.Length != 0 && (server is null || server.All(IsOfServer)) && name[0] switch
        {
            '#' => server is not null && !name.Any(character => char.IsWhiteSpace(character) || IsUnseen(character)),
            '!' => name.Skip(1).All(IsOfId),
            _ => false,
        };
    }

    private static bool IsOfServer(char character) => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || ".-:[]".Contains(character);

    private static bool IsOfId(char character) => char.IsAsciiLetterOrDigit(character) || "._~-+/=".Contains(character);
}
