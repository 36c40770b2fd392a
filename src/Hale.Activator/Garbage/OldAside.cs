using System.Globalization;
using Hale.Activator.Machine;
using Hale.Activator.Verify;

namespace Hale.Activator.Garbage;

/// <summary>What a repair kept aside, and nobody wanted back for a quarter of a year.</summary>
internal static class OldAside
{
    internal static readonly TimeSpan Kept = TimeSpan.FromDays(90);

    /// <summary>Names of the folders that may go; one whose name is no date of Hale's stays.</summary>
    internal static IReadOnlyList<string> Of(MachineFiles files, DateTimeOffset now) =>
        [.. files.Names(Aside.Folder).Where(name =>
            DateTimeOffset.TryParseExact(name, Aside.DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && now - at > Kept)
            .Order(StringComparer.Ordinal)];

    internal static void Remove(MachineFiles files, IEnumerable<string> names)
    {
        foreach (var name in names)
            files.RemoveFolder($"{Aside.Folder}/{name}");
    }
}
