using System.Text;
using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Store.Closure;
using Hale.Store.Nar;
using Hale.Store.Paths;

namespace Hale.Activator.Garbage;

/// <summary>
/// Where the need for store paths begins: the generations that stay, the current system, an interrupted activation, links in
/// <c>/etc/hale</c> and <c>/var/lib/hale/roots</c>, deployments under way and running processes. A store path counts as needed wherever its
/// hash is written in one of them: too much may be kept, never too little.
/// </summary>
internal static class Roots
{
    private const int LongestChain = 32;
    private static readonly string[] LinkFolders = ["/etc/hale", "/var/lib/hale/roots"];

    /// <param name="files">The machine.</param>
    /// <param name="kept">The generations that stay.</param>
    /// <param name="texts">Every text of their folders.</param>
    /// <param name="known">Every path that the store knows.</param>
    /// <param name="now">The time.</param>
    internal static HashSet<StorePath> Of(
        MachineFiles files, IReadOnlyCollection<Generation> kept, IEnumerable<byte[]> texts, IReadOnlyCollection<StorePath> known, DateTimeOffset now)
    {
        var scanner = new ReferenceScanner(known);
        foreach (var text in texts.Concat(Journal(files)).Concat(Linked(files)).Concat(Wanted.Texts(files, now)).Concat(Processes.Uses(files)))
        {
            scanner.Observe(text);
            scanner.Observe("\n"u8);
        }

        var roots = scanner.Found.ToHashSet();
        // A system is needed whether it is known or not: one that is here and not known must stop the collection.
        var systems = kept.Select(g => g.System).Append(SystemClosure.CurrentPath(files));
        if (ActivationJournal.Read(files) is { } journal)
            systems = systems.Append(journal.Old).Append(journal.New);
        foreach (var system in systems)
            if (StorePath.TryParse(system, out var path))
                roots.Add(path);
        return roots;
    }

    private static IEnumerable<byte[]> Journal(MachineFiles files) => files.Read("/var/lib/hale/journal.json") is { } text ? [text] : [];

    private static IEnumerable<byte[]> Linked(MachineFiles files) =>
        LinkFolders.SelectMany(folder => files.Names(folder).Select(name => $"{folder}/{name}")).SelectMany(path => Chain(files, path));

    /// <summary>Where a link leads, and where that leads.</summary>
    private static IEnumerable<byte[]> Chain(MachineFiles files, string path)
    {
        for (var i = 0; i < LongestChain && files.Target(path) is { } target; i++)
        {
            yield return Encoding.UTF8.GetBytes(target);
            path = Path.GetFullPath(target, Path.GetDirectoryName(path)!);
        }
    }
}
