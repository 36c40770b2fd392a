using Companion.State;

namespace Companion.Conversation;

/// <summary>Keeps conversations across restarts, each within its bounds, and none longer than ninety days.</summary>
internal sealed class ConversationStore(Database database, Bounds bounds, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(90);

    public IReadOnlyList<Turn> Load(ConversationKey key) => database.Query(
        "SELECT question, answer FROM turn WHERE room = $room AND thread = $thread ORDER BY id",
        row => new Turn(row.GetString(0), row.GetString(1)), ("$room", key.RoomId), ("$thread", key.ThreadRoot));

    /// <summary>Notes that an answer is on its way, before anything is done for it.</summary>
    public void Begin(Asked asked) => database.Execute("INSERT OR REPLACE INTO asked (event, room, thread, sender) VALUES ($event, $room, $thread, $sender)",
        ("$event", asked.EventId), ("$room", asked.Key.RoomId), ("$thread", asked.Key.ThreadRoot), ("$sender", asked.Sender));

    /// <summary>Notes that its sender knows how it ended.</summary>
    public void End(Asked asked) => database.Execute("DELETE FROM asked WHERE event = $event AND turn IS NULL", ("$event", asked.EventId));

    /// <summary>Those whose answer was on its way when the service ended without a word. Each is told of once.</summary>
    public IReadOnlyList<Asked> TakeLeftBehind() => database.Query("DELETE FROM asked WHERE turn IS NULL RETURNING event, room, thread, sender",
        row => new Asked(new ConversationKey(row.GetString(1), row.GetString(2)), row.GetString(0), row.GetString(3)));

    /// <summary>Forgets a question that was removed, and its answer, also one that is still on its way.</summary>
    public void Forget(string eventId) => database.Transact(() =>
    {
        foreach (var turn in database.Query("DELETE FROM asked WHERE event = $event RETURNING COALESCE(turn, -1)", row => row.GetInt64(0), ("$event", eventId)))
            database.Execute("DELETE FROM turn WHERE id = $turn", ("$turn", turn));
    });

    /// <summary>Keeps a finished turn, unless its question was removed meanwhile.</summary>
    public void Append(Asked asked, Turn turn)
    {
        var (now, key) = (time.GetUtcNow(), asked.Key);
        database.Transact(() =>
        {
            if (database.Query("SELECT 1 FROM asked WHERE event = $event", row => row.GetInt64(0), ("$event", asked.EventId)).Count == 0)
                return;
            var id = database.Query("INSERT INTO turn (room, thread, question, answer, at) VALUES ($room, $thread, $question, $answer, $at) RETURNING id",
                row => row.GetInt64(0), ("$room", key.RoomId), ("$thread", key.ThreadRoot), ("$question", turn.Question), ("$answer", turn.Answer),
                ("$at", now.ToUnixTimeSeconds()))[0];
            database.Execute("UPDATE asked SET turn = $turn WHERE event = $event", ("$turn", id), ("$event", asked.EventId));
            database.Execute("DELETE FROM turn WHERE at < $oldest", ("$oldest", (now - Longest).ToUnixTimeSeconds()));
            var turns = Load(key);
            database.Execute("""
                DELETE FROM turn WHERE id IN (SELECT id FROM turn WHERE room = $room AND thread = $thread ORDER BY id LIMIT $old)
                """, ("$room", key.RoomId), ("$thread", key.ThreadRoot), ("$old", turns.Count - bounds.Newest(turns).Count));
            database.Execute("DELETE FROM asked WHERE turn NOT IN (SELECT id FROM turn)");
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
