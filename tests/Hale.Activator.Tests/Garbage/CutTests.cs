using Hale.Activator.Tests.Support;
using Hale.Store.Paths;

namespace Hale.Activator.Tests.Garbage;

/// <summary>Random stores: what is needed always stays whole, all else goes, and a collection that is cut before any of its changes goes on the next time.</summary>
public sealed class CutTests
{
    private sealed class Cut : Exception;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void What_is_needed_stays_whole_and_all_else_goes(int seed)
    {
        using var machine = new GarbageMachine();
        var (needed, all, foreign) = Fill(machine, seed);
        machine.Collect();
        machine.AssertWhole();
        Assert.All(all, path => Assert.Equal(needed.Contains(path), machine.Has(path)));
        Assert.All(all.Except(needed), path => Assert.False(Path.Exists(machine.Store.Real(path))));
        Assert.Equal(needed.Count, machine.Store.All().Count);
        Assert.Equal(
            needed.Concat(foreign).Select(path => path.BaseName).Order(),
            Directory.GetFileSystemEntries(machine.Machine.At(StorePath.StoreFolder)).Select(path => Path.GetFileName(path)).Order());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(17)]
    public void Cut_before_any_change_the_store_is_whole_and_the_next_collection_ends_it(int seed)
    {
        for (var before = 1; ; before++)
        {
            var (changes, cutting) = (0, false);
            using var machine = new GarbageMachine(_ =>
            {
                if (cutting && ++changes == before)
                    throw new Cut();
            });
            var (needed, all, foreign) = Fill(machine, seed);
            var generations = machine.Machine.Generations.All();
            cutting = true;
            var survived = true;
            try
            {
                machine.Collect();
            }
            catch (Cut)
            {
                survived = false;
            }

            cutting = false;
            machine.AssertWhole();
            Assert.All(needed, path => Assert.True(machine.Has(path)));
            // What is listed can be gone back to.
            Assert.All(machine.Machine.Generations.Infos(), generation => Assert.True(generation.Present, $"{before}: {generation.Generation.Number}"));
            // A path of which something is left under its name is not taken for missing, nor one that is missing for there.
            Assert.All(all, path => Assert.Equal(machine.Store.Missing([path]).Count == 0, machine.Has(path)));

            machine.Collect();
            Assert.All(all, path => Assert.Equal(needed.Contains(path), machine.Has(path)));
            Assert.Equal(needed.Count, machine.Store.All().Count);
            Assert.Equal(needed.Count + foreign.Count, Directory.GetFileSystemEntries(machine.Machine.At(StorePath.StoreFolder)).Length);
            if (survived)
            {
                Assert.True(before > 40, $"only {before} changes were tried");
                return;
            }
        }
    }

    /// <summary>Deleting a tree takes its time and is cut anywhere; so by then nothing may take what is left for the path.</summary>
    [Fact]
    public void A_content_is_deleted_only_once_it_has_neither_name_nor_info()
    {
        GarbageMachine? watched = null;
        var (deleted, generations) = (0, new List<int>());
        using var machine = watched = new GarbageMachine(what =>
        {
            if (!what.StartsWith("delete /nix/store/", StringComparison.Ordinal))
                return;
            deleted++;
            var path = StorePath.Parse(what["delete ".Length..]);
            Assert.False(Path.Exists(watched!.Store.Real(path)));
            Assert.DoesNotContain(watched.Store.All(), info => info.Path == path);
            generations.Add(watched.Machine.Generations.All().Count);
        });
        var (needed, all, _) = Fill(machine, seed: 5);
        machine.Collect();
        Assert.Equal(all.Count - needed.Count, deleted);
        Assert.Single(generations.Distinct());
    }

    /// <summary>A random store with six generations, of which the current, the one before, and one that is pinned stay.</summary>
    private static (HashSet<StorePath> Needed, List<StorePath> All, List<StorePath> Foreign) Fill(GarbageMachine machine, int seed)
    {
        var random = new Random(seed);
        var (needs, all) = (new Dictionary<StorePath, StorePath[]>(), new List<StorePath>());
        for (var i = 0; i < 30; i++)
            Add(Some(all, 3), chosen => machine.Put($"path-{i}", chosen));
        var systems = Enumerable.Range(1, 6).ToDictionary(number => number, number => Add(Some(all[..30], 4), chosen => machine.Generation(number, chosen)));
        var (current, pinned) = (random.Next(2, 7), random.Next(1, 7));
        machine.GoTo(current);
        machine.Machine.Generations.SetPin(pinned, pinned: true);
        var extra = all[random.Next(30)];
        Directory.CreateDirectory(machine.Machine.At("/var/lib/hale/roots"));
        machine.Machine.Files.SetLink("/var/lib/hale/roots/extra", extra.ToString());
        List<StorePath> foreign = [machine.Foreign("of-nix"), machine.Foreign("of-nobody")];

        var needed = new HashSet<StorePath>();
        foreach (var root in new[] { systems[current], systems[current - 1], systems[pinned], extra })
            Reach(root);
        return (needed, all, foreign);

        StorePath Add(StorePath[] chosen, Func<StorePath[], StorePath> put)
        {
            var path = put(chosen);
            needs[path] = chosen;
            all.Add(path);
            return path;
        }

        StorePath[] Some(List<StorePath> among, int most) => [.. among.OrderBy(_ => random.Next()).Take(random.Next(0, most + 1))];

        void Reach(StorePath path)
        {
            if (needed.Add(path))
                foreach (var need in needs[path])
                    Reach(need);
        }
    }
}
