using System.Globalization;
using System.Text;
using System.Text.Json;
using Hale.Activator.Data;
using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Generations;

/// <summary>
/// The generations of a machine, in <c>/var/lib/hale/generations/N</c>, and the link <c>current</c> beside them. What the machine
/// is in is decided by <c>/etc/hale/system</c> alone; <c>current</c> only tells apart two generations of one system.
/// </summary>
internal sealed class GenerationStore(MachineFiles files)
{
    private const string Folder = "/var/lib/hale/generations";
    private const string Pointer = Folder + "/current";
    private const string Earlier = Folder + "/previous";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    internal IReadOnlyList<Generation> All() =>
        [.. files.Names(Folder).Select(Number).OfType<int>().Order().Select(Read).OfType<Generation>()];

    internal Generation? Find(int number) => Read(number);

    /// <summary>The generation of the system that the machine is committed to; null before the first.</summary>
    internal Generation? Current()
    {
        if (SystemClosure.CurrentPath(files) is not { } system)
            return null;
        var pointed = files.Target(Pointer) is { } name && Number(name) is { } number ? Read(number) : null;
        return pointed?.System == system ? pointed : All().LastOrDefault(g => g.System == system);
    }

    /// <summary>The generation that was pointed at last, whatever system the machine's links name; null before the first.</summary>
    internal Generation? Pointed() => files.Target(Pointer) is { } name && Number(name) is { } number ? Read(number) : null;

    /// <summary>The number after the highest one, also after going back to an earlier generation.</summary>
    internal int Next()
    {
        var highest = 0;
        foreach (var name in files.Names(Folder))
            if (Number(name) is { } number && number > highest && IsRecorded(number))
                highest = number;
        return highest + 1;
    }

    internal IReadOnlyList<GenerationInfo> Infos()
    {
        var current = Current();
        return
        [
            .. All().Select(g => new GenerationInfo(g, g.Number == current?.Number, Gone(g) is null)
            {
                Pinned = files.Exists(Pin(g.Number)),
                Size = SystemClosure.Size(files, g.System),
                Snapshots = Snapshots.Of(files, g.Number),
            }),
        ];
    }

    /// <summary>The generation that the machine was in before the current one, by its history and not by its number; null for none.</summary>
    internal int? Before() => files.Target(Earlier) is { } name ? Number(name) : null;

    /// <summary>Why a generation cannot be activated any more; null when it can.</summary>
    internal string? Gone(Generation generation)
    {
        try
        {
            return SystemClosure.Read(files, generation.System).Missing(files).FirstOrDefault() is { } path ? $"{path} is gone" : null;
        }
        catch (UserError e)
        {
            return e.Message;
        }
    }

    /// <summary>Keeps a generation; its folder holds the link <c>system</c> too, for people and for what collects garbage.</summary>
    internal void Record(Generation generation)
    {
        var folder = $"{Folder}/{generation.Number}";
        files.MakeFolder(folder, FolderMode);
        files.SetLink($"{folder}/system", generation.System);
        files.Write($"{folder}/generation.json", Text(generation).Bytes(), FileMode);
    }

    /// <summary>Keeps a generation from being collected, or no longer.</summary>
    internal void SetPin(int number, bool pinned)
    {
        if (pinned)
            files.Write(Pin(number), "Kept until hale generations HOST unpin.\n"u8, FileMode);
        else
            files.Remove(Pin(number));
    }

    /// <summary>Forgets a generation: its record first, so that there is never half of one.</summary>
    internal void Forget(int number)
    {
        files.Remove($"{Folder}/{number}/generation.json");
        if (files.IsFolder($"{Folder}/{number}"))
            files.RemoveFolder($"{Folder}/{number}");
    }

    /// <summary>Numbers whose record is gone: what a forgetting that was cut short left.</summary>
    internal IReadOnlyList<int> Leftovers() =>
        [.. files.Names(Folder).Select(Number).OfType<int>().Where(number => !IsRecorded(number)).Order()];

    /// <summary>Every text of a generation's folder, in which store paths may be named: files, and where links lead.</summary>
    internal IEnumerable<byte[]> Texts(int number) =>
        files.Names($"{Folder}/{number}").Select(name => $"{Folder}/{number}/{name}").Select(path =>
            files.Target(path) is { } target ? Encoding.UTF8.GetBytes(target) : files.IsFolder(path) ? [] : files.Read(path) ?? []);

    /// <summary>Every path that recording and pointing at a generation writes.</summary>
    internal static IEnumerable<string> PathsOf(int number) =>
        [Pointer, Earlier, RevisionFile.Place, $"{Folder}/{number}/system", $"{Folder}/{number}/generation.json"];

    /// <summary>
    /// Says which generation the machine is in now. Done anew it comes to the same: a killed activation may be anywhere in here.
    /// </summary>
    internal void Point(int number)
    {
        if (files.Target(Pointer) is { } before && Number(before) is { } was && was != number)
            files.SetLink(Earlier, before);
        files.SetLink(Pointer, number.ToString(CultureInfo.InvariantCulture));
        RevisionFile.Settle(files, Current());
    }

    internal GenerationPointers Pointers() => new(files.Target(Pointer), files.Target(Earlier));

    /// <summary>Says again what <see cref="Pointers"/> said.</summary>
    internal void Restore(GenerationPointers pointers)
    {
        foreach (var (path, target) in new[] { (Earlier, pointers.Previous), (Pointer, pointers.Current) })
            if (target is null)
                files.Remove(path);
            else
                files.SetLink(path, target);
        RevisionFile.Settle(files, Current());
    }

    private bool IsRecorded(int number) => files.Exists($"{Folder}/{number}/generation.json");

    private static string Pin(int number) => $"{Folder}/{number}/pinned";

    private Generation? Read(int number)
    {
        try
        {
            return files.Read($"{Folder}/{number}/generation.json") is { } json ? Parse(json) : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new UserError($"{Folder}/{number}/generation.json is damaged: {e.Message}", "Remove that folder; its store paths stay.", e);
        }
    }

    internal static JsonLine Text(Generation generation) => new JsonLine()
        .Add("number", generation.Number).Add("system", generation.System).Add("revision", generation.Revision)
        .Add("createdAt", generation.CreatedAt).Add("createdBy", generation.CreatedBy);

    /// <summary>By hand: every activation reads one, and the serializer is slow to begin.</summary>
    private static Generation Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        var e = document.RootElement;
        return new Generation
        {
            Number = e.GetProperty("number").GetInt32(),
            System = e.GetProperty("system").GetString() ?? throw new JsonException("its system is null"),
            Revision = e.TryGetProperty("revision", out var revision) ? revision.GetString() : null,
            CreatedAt = e.GetProperty("createdAt").GetDateTimeOffset(),
            CreatedBy = e.GetProperty("createdBy").GetString() ?? "",
        };
    }

    private static int? Number(string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}

/// <summary>Where the links to the current generation and to the one before it lead; null for one that is not there.</summary>
internal sealed record GenerationPointers(string? Current, string? Previous);
