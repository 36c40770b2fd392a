using System.Collections.Concurrent;
using System.Text;
using Hale.Activator.Machine;
using Hale.Store.Closure;
using Hale.Store.Nar;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Hale.Activator.Verify;

/// <summary>How much of the store is looked at.</summary>
internal enum StoreDepth
{
    /// <summary>What units and files lead to, by its metadata: for every deployment.</summary>
    Named,

    /// <summary>The metadata of all that the system needs: times, modes, owners and the sizes that come to that of the archive.</summary>
    Metadata,

    /// <summary>All contents, hashed.</summary>
    Contents,
}

/// <summary>
/// The store paths that a system needs. Everything in a store has one time, so whatever was written to, added or taken away shows in a time:
/// of the file, or of its folder. Only who puts the times back is not seen before contents are hashed.
/// </summary>
internal static class StoreFindings
{
    private const int File = 0b100_100_100;
    private const int Executable = 0b101_101_101;
    private const long Time = 1;

    internal static IEnumerable<Finding> Of(MachineFiles files, SystemClosure system, StoreDepth depth, Action<HashedEvent>? progress = null)
    {
        var store = files.Store();
        var paths = depth == StoreDepth.Named ? Named(system, store) : Needed(system, store);
        if (depth == StoreDepth.Named)
            return [.. paths.Keys.Select(path => One(files, store, path, paths[path], depth)).OfType<Finding>()];
        var found = new ConcurrentBag<Finding>();
        var (total, done) = (paths.Values.Sum(info => info?.NarSize ?? 0), 0L);
        var gate = new Lock();
        // The largest first, so that no processor waits for the last one at the end.
        Parallel.ForEach(paths.OrderByDescending(p => p.Value?.NarSize), entry =>
        {
            if (One(files, store, entry.Key, entry.Value, depth) is { } finding)
                found.Add(finding);
            if (depth == StoreDepth.Contents && entry.Value is { } info)
                lock (gate)
                    progress?.Invoke(new HashedEvent(info.Path.ToString(), done += info.NarSize, total));
        });
        return found;
    }

    private static Finding? One(MachineFiles files, MachineStore store, string path, PathInfo? info, StoreDepth depth)
    {
        if (PathStat.Of(files.At(path)) is not { } there)
            return New(FindingKind.StoreMissing, path, "there", "nothing");
        if (info is null)
            return depth == StoreDepth.Named ? null
                : New(FindingKind.StoreMissing, path, "known", $"/var/lib/hale/info/{Path.GetFileName(path)}.json is missing or damaged");
        var seen = new Walk(files.IsLive || Native.User() == 0);
        var size = Size("nix-archive-1") + seen.Node(files.At(path), path, there);
        if (depth != StoreDepth.Contents && seen.Written is null && size == info.NarSize)
            return seen.Mode is { } mode ? New(FindingKind.StoreMode, path, "read-only and owned by root", mode) : null;
        if (depth == StoreDepth.Named && !info.IsContentAddressed)
            return null;
        // What was written to may still be what it was.
        var digest = NarWriter.Write(store.Real(info.Path));
        if (digest != new NarDigest(info.NarHash, info.NarSize))
            return New(FindingKind.StoreChanged, path, $"{info.NarHash}", $"{digest.Hash}{(seen.Written is { } at ? $"; {at}" : "")}");
        return (seen.Written ?? seen.Mode) is { } metadata ? New(FindingKind.StoreMode, path, "read-only, owned by root, of one time", metadata) : null;
    }

    private static Finding New(FindingKind kind, string path, string expected, string actual) =>
        new() { Kind = kind, Path = path, Expected = expected, Actual = actual };

    private static Dictionary<string, PathInfo?> Named(SystemClosure system, MachineStore store) =>
        system.Manifest.Units.Select(u => u.Path).Concat(system.Manifest.Files.Select(f => f.Path)).Append(system.Path).Distinct(StringComparer.Ordinal)
            .ToDictionary(path => path, path => StorePath.TryParse(path, out var parsed) ? store.Noted(parsed) : null, StringComparer.Ordinal);

    private static Dictionary<string, PathInfo?> Needed(SystemClosure system, MachineStore store)
    {
        var needed = Named(system, store).ToDictionary(named => named.Key, named => named.Value is { IsContentAddressed: true } info ? info : null, StringComparer.Ordinal);
        var open = new Stack<PathInfo>(needed.Values.OfType<PathInfo>());
        while (open.TryPop(out var info))
            foreach (var reference in info.References)
                if (!needed.ContainsKey(reference.ToString()))
                {
                    needed[reference.ToString()] = store.Find(reference);
                    if (needed[reference.ToString()] is { } more)
                        open.Push(more);
                }

        return needed;
    }

    private static long Size(string text) => 8 + Padded(Encoding.UTF8.GetByteCount(text));

    private static long Padded(long length) => (length + 7) & ~7;

    /// <summary>One look at a tree: what in it was written to, whose mode is another, and how large its archive would be.</summary>
    private sealed class Walk(bool owners)
    {
        private static readonly long Parentheses = Size("(") + Size("type") + Size(")");
        private static readonly long Entry = Size("entry") + Size("(") + Size("name") + Size("node") + Size(")");

        internal string? Written { get; private set; }

        internal string? Mode { get; private set; }

        /// <returns>The bytes of its part of the archive.</returns>
        internal long Node(string real, string path, PathStat stat)
        {
            if (stat.Modified != Time)
                Written ??= $"{path} was written to at {DateTimeOffset.FromUnixTimeSeconds(stat.Modified):yyyy-MM-dd HH:mm:ss}Z";
            if (!stat.IsLink && stat.Bits is not (File or Executable))
                Mode ??= $"{path} has the mode {FolderFindings.Octal(stat.Bits)}";
            if (owners && stat is not { User: 0, Group: 0 })
                Mode ??= $"{path} belongs to {stat.User}:{stat.Group}";
            if (stat.IsLink)
                return Parentheses + Size("symlink") + Size("target") + 8 + Padded(stat.Size);
            if (!stat.IsFolder)
                return Parentheses + Size("regular") + ((stat.Bits & 0b001_000_000) != 0 ? Size("executable") + Size("") : 0)
                    + Size("contents") + 8 + Padded(stat.Size);
            var size = Parentheses + Size("directory");
            foreach (var name in Native.Names(real))
                size += Entry + Size(name) + (PathStat.Of($"{real}/{name}") is { } inner ? Node($"{real}/{name}", $"{path}/{name}", inner) : 0);
            return size;
        }
    }
}
