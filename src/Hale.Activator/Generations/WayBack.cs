using Hale.Activator.Machine;
using Hale.Activator.Recovery;
using Hale.Store.Closure;

namespace Hale.Activator.Generations;

/// <summary>Where a rollback leads, unless it is told a generation.</summary>
internal static class WayBack
{
    /// <summary>
    /// The nearest number below the current one. Where what runs is not what boots, that is taken back instead: what runs stays where only the
    /// next boot would bring another, and what boots comes back where it was only tried, or failed and was left to be looked at.
    /// </summary>
    /// <returns>The generation; null where there is none before.</returns>
    internal static Generation? Of(MachineFiles files, GenerationStore generations)
    {
        var (all, current) = (generations.All(), generations.Current());
        if (SystemClosure.BootPath(files) is not { } boots || boots == SystemClosure.CurrentPath(files))
            return all.LastOrDefault(g => g.Number < current?.Number);
        if (ActivationJournal.Read(files) is { AtBoot: true })
            return generations.Before() is { } before && all.FirstOrDefault(g => g.Number == before) is { } was && was.System == current?.System ? was : current;
        return generations.Pointed() is { } pointed && pointed.System == boots ? pointed : all.LastOrDefault(g => g.System == boots);
    }
}
