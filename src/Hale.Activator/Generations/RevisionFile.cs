using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Generations;

/// <summary>
/// <c>/var/lib/hale/revision</c>: one line for people and scripts that says what the machine runs. Derived from the current generation's
/// record, and written whenever that changes; nothing of Hale reads it.
/// </summary>
internal static class RevisionFile
{
    internal const string Place = "/var/lib/hale/revision";
    private const UnixFileMode Mode = (UnixFileMode)0b110_100_100;

    internal static string Text(Generation generation) =>
        $"{generation.Revision ?? "no-revision"} generation {generation.Number} system {generation.System} "
        + $"deployed {generation.CreatedAt.UtcDateTime:yyyy-MM-ddTHH:mm:ss}Z by {(generation.CreatedBy.Length > 0 ? generation.CreatedBy : "unknown")}\n";

    /// <summary>Brings the file to what it must say; where it says that already, nothing is touched.</summary>
    internal static void Settle(MachineFiles files, Generation? current)
    {
        if (current is null)
            return;
        var text = Encoding.UTF8.GetBytes(Text(current));
        if (files.Read(Place) is { } there && there.AsSpan().SequenceEqual(text))
            return;
        try
        {
            files.Write(Place, text, Mode);
        }
        catch (IOException)
        {
            // No activation fails for its sake; the next one, or recover, writes it.
        }
    }
}
