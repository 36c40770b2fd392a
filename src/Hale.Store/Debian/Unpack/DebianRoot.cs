using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Hale.Store.Local;
using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>A package to unpack: its pin, and its .deb on this computer.</summary>
internal readonly record struct FetchedPackage(LockedPackage Package, string File);

/// <summary>
/// Assembles a hermetic root: the files of a closure's packages, and what a system makes besides (<see cref="RootAdditions"/>).
/// No maintainer script runs. The same packages give the same bytes, whatever order the threads worked in.
/// </summary>
internal static class DebianRoot
{
    /// <summary>Raised whenever the same packages would give another root: it is part of the key a root is cached by.</summary>
    public const int AssemblerVersion = 2;

    /// <summary>Assembles a root.</summary>
    /// <param name="root">The root's folder: empty, or not there yet.</param>
    /// <param name="packages">The closure.</param>
    /// <param name="codename">The release that os-release names where no package does.</param>
    /// <param name="complete">Whether to keep what no service reads.</param>
    /// <param name="limits">What one package may at most hold.</param>
    /// <param name="cancellation">Stops the work; the folder is then half full.</param>
    /// <exception cref="UserError">A package is refused, or two dispute a path.</exception>
    /// <exception cref="IOException">The disk is full: its holder knows what to say.</exception>
    public static void Assemble(
        string root,
        IReadOnlyList<FetchedPackage> packages,
        string codename,
        bool complete,
        UnpackLimits limits,
        CancellationToken cancellation)
    {
        var aside = root + ".aside";
        Directory.CreateDirectory(root);
        Directory.CreateDirectory(aside);
        try
        {
            var tree = new RootTree(root, aside);
            UnpackAll(tree, packages, complete, limits, cancellation);
            PathConflicts.Settle(tree, new Replacements(packages).Replaces);
            RootAdditions.AddTo(tree, codename);
            PathConflicts.RefuseLoops(tree.Claims);
        }
        finally
        {
            Directory.Delete(aside, recursive: true);
        }
    }

    private static void UnpackAll(
        RootTree tree, IReadOnlyList<FetchedPackage> packages, bool complete, UnpackLimits limits, CancellationToken cancellation)
    {
        var unpacker = new PackageUnpacker(tree, limits, complete);
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Math.Clamp(Environment.ProcessorCount, 1, 8),
            CancellationToken = cancellation,
        };
        // The largest first, so that no thread is left alone with it at the end.
        var order = Partitioner.Create(packages.OrderByDescending(static p => p.Package.Size).ToList(), loadBalance: true);
        try
        {
            Parallel.ForEach(order, options, package =>
            {
                using var deb = File.OpenRead(package.File);
                unpacker.Unpack(package.Package.Name, deb, cancellation);
            });
        }
        catch (AggregateException e)
        {
            var refusals = e.InnerExceptions.OfType<UserError>().OrderBy(static refusal => refusal.Message, StringComparer.Ordinal).ToList();
            if (refusals.Count > 0)
                throw new UserError(string.Join('\n', refusals.Select(static refusal => refusal.Message)), refusals[0].Hint, refusals[0]);
            ExceptionDispatchInfo.Throw(e.InnerExceptions.FirstOrDefault(DiskFull.Is) ?? e.InnerExceptions[0]);
        }
    }

    /// <summary>Reads Replaces from the packages' control files, only for those that dispute a path: hardly ever.</summary>
    private sealed class Replacements(IReadOnlyList<FetchedPackage> packages)
    {
        public bool Replaces(string package, string other)
        {
            var fetched = packages.First(p => p.Package.Name == package);
            var version = DebianVersion.Parse(packages.First(p => p.Package.Name == other).Package.Version);
            using var deb = File.OpenRead(fetched.File);
            try
            {
                return DebArchive.ReadControl(deb).TryGetValue("Replaces", out var field)
                    && Dependency.ParseList(field, fetched.Package.Architecture).SelectMany(static d => d.Alternatives)
                        .Any(bound => bound.Name == other && PackageUniverse.Keeps(version, bound.Bound));
            }
            catch (Exception e) when (e is InvalidDataException or FormatException)
            {
                throw new UserError(
                    $"The package {package} is refused: {e.Message}.",
                    "No package of Debian is like that. Is the archive trustworthy?",
                    e);
            }
        }
    }
}
