namespace Companion.Conversation;

/// <summary>Which conversation: a thread of a room, named by its first event.</summary>
internal sealed record ConversationKey(string RoomId, string ThreadRoot);

/// <summary>A question as an event of its conversation.</summary>
internal sealed record Asked(ConversationKey Key, string EventId, string Sender);

/// <summary>A question with its answer, as both stand in the room. What tools said in between is not kept.</summary>
internal sealed record Turn(string Question, string Answer);
