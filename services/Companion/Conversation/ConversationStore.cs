using Companion.State;

namespace Companion.Conversation;

/// <summary>Keeps conversations across restarts, each within its bounds, and none longer than ninety days.</summary>
internal sealed class ConversationStore(Database database, Bounds bounds, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    public IReadOnlyList<Turn> Load(ConversationKey key) => database.Query(
        "SELECT question, answer FROM turn WHERE room = $room AND thread = $thread ORDER BY id",
        row => new Turn(row.GetString(0), row.GetString(1)), ("$room", key.RoomId), ("$thread", key.ThreadRoot));

    public void Append(ConversationKey key, Turn turn)
    {
        var now = time.GetUtcNow();
        database.Transact(() =>
        {
            database.Execute("INSERT INTO turn (room, thread, question, answer, at) VALUES ($room, $thread, $question, $answer, $at)",
                ("$room", key.RoomId), ("$thread", key.ThreadRoot), ("$question", turn.Question), ("$answer", turn.Answer),
                ("$at", now.ToUnixTimeSeconds()));
            database.Execute("DELETE FROM turn WHERE at < $oldest", ("$oldest", (now - Longest).ToUnixTimeSeconds()));
            var turns = Load(key);
            database.Execute("""
                DELETE FROM turn WHERE id IN (SELECT id FROM turn WHERE room = $room AND thread = $thread ORDER BY id LIMIT $old)
                """, ("$room", key.RoomId), ("$thread", key.ThreadRoot), ("$old", turns.Count - bounds.Newest(turns).Count));
        });
    }

    /// <summary>
    /// Notes that a question is being answered. Homeservers may show an event twice, and a question that brought the assistant down
    /// must not do so again.
    /// </summary>
    /// <returns>False where it was taken up before.</returns>
    public bool TakeUp(string eventId)
    {
        var now = time.GetUtcNow();
        database.Execute("DELETE FROM taken_up WHERE at < $oldest", ("$oldest", (now - Longest).ToUnixTimeSeconds()));
        return database.Execute("INSERT OR IGNORE INTO taken_up (event, at) VALUES ($event, $at)",
            ("$event", eventId), ("$at", now.ToUnixTimeSeconds())) == 1;
    }
}
