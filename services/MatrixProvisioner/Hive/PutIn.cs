using MatrixProvisioner.Keeping;

namespace MatrixProvisioner.Hive;

/// <summary>
/// Who was put into a room by its declaration, kept from one run to the next: only such an agent is taken out again when the declaration
/// leaves it out. Whoever came in by himself or was asked in by somebody is nobody's to remove.
/// </summary>
internal sealed class PutIn
{
    private readonly KeptFile file;
    private readonly IEnumerable<string> after;

    private PutIn(KeptFile file, IEnumerable<string> takenOut, IEnumerable<string> after) =>
        (this.file, TakenOut, this.after) = (file, takenOut.ToHashSet(StringComparer.Ordinal), after);

    /// <summary>Agents that were put in before, and are not to be in it any more.</summary>
    public IReadOnlySet<string> TakenOut { get; }

    /// <summary>Notes who is about to be put in: cut short after it, the next run knows who was.</summary>
    /// <param name="kept">What is kept.</param>
    /// <param name="place">The room, or the Space.</param>
    /// <param name="agents">All agents. One that is not among them stays where it is, as its account does.</param>
    public static PutIn Begin(KeptState kept, RoomDeclaration place, IEnumerable<AgentDeclaration> agents)
    {
        var file = kept.Members(place.Key);
        var before = Read(file);
        Write(file, before.Union(place.Members));
        var takenOut = before.Except(place.Members).Intersect(agents.Select(agent => agent.Name)).ToList();
        return new PutIn(file, takenOut, before.Except(takenOut).Union(place.Members));
    }

    /// <summary>Notes that all are in or out as declared.</summary>
    public void End() => Write(file, after);

    private static string[] Read(KeptFile file) => file.Read()?.Split('\n') ?? [];

    private static void Write(KeptFile file, IEnumerable<string> names)
    {
        var sorted = names.Order(StringComparer.Ordinal).ToArray();
        if (!sorted.SequenceEqual(Read(file)))
            file.Write(string.Join('\n', sorted));
    }
}
