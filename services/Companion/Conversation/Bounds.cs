namespace Companion.Conversation;

/// <summary>How much of a conversation goes along with the next question.</summary>
internal sealed record Bounds
{
    public int MostTurns { get; init; } = 40;

    /// <summary>Of all questions and answers together; about a quarter as many tokens.</summary>
    public int MostCharacters { get; init; } = 120_000;

    /// <summary>
    /// The newest turns that fit. When something must go, half of the room is made at once: each cut changes the beginning of the
    /// request and with it costs the API's cache.
    /// </summary>
    public IReadOnlyList<Turn> Newest(IReadOnlyList<Turn> turns)
    {
        if (turns.Count <= MostTurns && Length(turns) <= MostCharacters)
            return turns;
        var kept = turns.Count;
        for (var (count, length) = (0, 0); kept > 0; kept--)
        {
            (count, length) = (count + 1, length + Length([turns[kept - 1]]));
            if (count > Math.Max(MostTurns / 2, 1) || length > MostCharacters / 2)
                break;
        }
        return [.. turns.Skip(kept)];
    }

    private static int Length(IEnumerable<Turn> turns) => turns.Sum(turn => turn.Question.Length + turn.Answer.Length);
}
