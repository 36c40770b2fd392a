using System.Text;
using System.Text.Json;
using Hale.Activator.Commands;
using Hale.Activator.Garbage;
using Hale.Store.Closure;
using Hale.Store.Nar;
using Hale.Store.Paths;
using Hale.Store.Transfer;

namespace Hale.Activator.Tests.Support;

/// <summary>A machine whose store holds real paths, known by their hashes, and generations of systems that need them.</summary>
internal sealed class GarbageMachine : IDisposable
{
    private static readonly JsonSerializerOptions CamelCase = new(JsonSerializerDefaults.Web);

    internal GarbageMachine(Action<string>? changing = null)
        : this(new TestMachine(null, changing))
    {
    }

    internal GarbageMachine(TestMachine machine)
    {
        Machine = machine;
        Directory.CreateDirectory(Machine.At("/var/lib/hale/info"));
        Directory.CreateDirectory(Machine.At(StorePath.StoreFolder));
    }

    internal TestMachine Machine { get; }

    internal MachineStore Store => Machine.Files.Store();

    /// <summary>Puts a content into the store that needs others.</summary>
    internal StorePath Put(string name, params StorePath[] needs) =>
        Put(name, place => File.WriteAllText(place, $"{name} needs {string.Join(' ', needs.AsEnumerable())}\n"), needs);

    /// <summary>Puts a generation there whose system needs some paths; the link to the current system is set by <see cref="GoTo"/>.</summary>
    internal StorePath Generation(int number, params StorePath[] needs)
    {
        var system = Put($"hale-system-{number}", place =>
        {
            Directory.CreateDirectory(place);
            File.WriteAllText($"{place}/manifest.json", JsonSerializer.Serialize(Systems.Of(), ManifestJson.Default.SystemManifest));
            File.WriteAllText($"{place}/number", $"{number}");
        }, needs);
        Machine.Generations.Record(new() { Number = number, System = system.ToString(), CreatedAt = DateTimeOffset.UnixEpoch, CreatedBy = "ana@laptop" });
        return system;
    }

    /// <summary>What another program put there: no info tells of it.</summary>
    internal StorePath Foreign(string name)
    {
        var path = StorePaths.OfText(name, Encoding.UTF8.GetBytes(name), []);
        File.WriteAllText(Store.Real(path), name);
        return path;
    }

    internal void GoTo(int number)
    {
        Directory.CreateDirectory(Machine.At("/etc/hale"));
        Machine.Files.SetLink("/etc/hale/system", Machine.Generations.Find(number)!.System);
        Machine.Generations.Point(number);
    }

    /// <summary>Runs a verb of the activator.</summary>
    internal async Task<(int Code, IReadOnlyList<ActivationEvent> Events)> RunAsync(string line, string input = "")
    {
        using var output = new MemoryStream();
        using var error = new StringWriter();
        var code = await ActivatorCommand.RunAsync(
            [.. line.Split(' '), "--root", Machine.Root], new MemoryStream(Encoding.UTF8.GetBytes(input)), output, error);
        Assert.Equal("", error.ToString());
        return (code, [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(said => said[0] == '{')
            .Select(said => JsonSerializer.Deserialize(said, EventJson.Default.ActivationEvent)!)]);
    }

    internal GarbageEvent Collect(int more = 0) => Collector.Run(Machine.Context, more);

    internal bool Has(StorePath path) => Store.Find(path) is not null && Store.Verify(path);

    /// <summary>Nothing of the store is half: what has its name is what its hash says, and all that it needs is there.</summary>
    internal void AssertWhole()
    {
        var store = Store;
        foreach (var info in store.All().Where(info => store.Find(info.Path) is not null))
        {
            Assert.True(store.Verify(info.Path), $"{info.Path} is not whole");
            Assert.All(info.References, reference => Assert.True(store.Find(reference) is not null, $"{info.Path} lacks {reference}"));
        }
    }

    private StorePath Put(string name, Action<string> write, StorePath[] needs)
    {
        var aside = Machine.At("/aside");
        write(aside);
        var digest = NarWriter.Write(aside);
        var info = PathInfo.OfTree(name, digest.Hash, digest.Size, needs);
        if (!Path.Exists(Store.Real(info.Path)))
            Directory.Move(aside, Store.Real(info.Path));
        File.WriteAllText(Machine.At($"/var/lib/hale/info/{info.Path.BaseName}.json"), JsonSerializer.Serialize(info, CamelCase));
        return info.Path;
    }

    public void Dispose() => Machine.Dispose();
}
