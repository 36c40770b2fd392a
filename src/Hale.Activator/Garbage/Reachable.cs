using Hale.Store;
using Hale.Store.Paths;

namespace Hale.Activator.Garbage;

/// <summary>What the roots need, and what they need in turn. Pure, but for the question whether a path is there.</summary>
internal static class Reachable
{
    /// <param name="known">Every path that the store knows, with what it needs.</param>
    /// <param name="roots">Where the need begins.</param>
    /// <param name="exists">Whether something has the path's name.</param>
    /// <exception cref="UserError">A path that is needed is there without being known: what it needs in turn cannot be told.</exception>
    internal static HashSet<StorePath> From(IReadOnlyDictionary<StorePath, PathInfo> known, IEnumerable<StorePath> roots, Func<StorePath, bool> exists)
    {
        var reached = new HashSet<StorePath>();
        var open = new Stack<StorePath>(roots);
        while (open.TryPop(out var path))
        {
            if (!reached.Add(path))
                continue;
            if (known.TryGetValue(path, out var info))
                foreach (var reference in info.References)
                    open.Push(reference);
            else if (exists(path))
                throw new UserError(
                    $"{path} must stay, and /var/lib/hale/info does not say what it needs; so nothing was deleted.",
                    "Deploy to the machine again: what it does not know is sent anew. Or delete the generation that needs it: hale generations HOST delete N");
        }

        return reached;
    }
}
