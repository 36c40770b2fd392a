using Hale.Store.Closure;

namespace Hale.Activator.Data;

/// <summary>The data that a system declares, as they lie on the machine.</summary>
internal static class DataOverview
{
    internal static IReadOnlyList<DataStatus> Of(ActivationContext context, SystemManifest? manifest)
    {
        if (manifest is null || manifest.State.Count == 0)
            return [];
        var snapshots = context.Generations.All().SelectMany(g => Snapshots.Of(context.Files, g.Number)).ToLookup(snapshot => snapshot.Name, StringComparer.Ordinal);
        return [.. manifest.State.Where(DataRecord.IsSound).OrderBy(state => state.Name, StringComparer.Ordinal).Select(state =>
        {
            var record = DataRecord.Read(context.Files, state.Name);
            return new DataStatus
            {
                Name = state.Name,
                IsThere = state.Paths.Any(path => DataFolder.HoldsAnything(context.Files, path)),
                Identity = record?.Identity ?? "",
                IdentityName = state.IdentityName,
                Format = record?.Format ?? "",
                Snapshots = snapshots[state.Name].Count(),
                SnapshotBytes = snapshots[state.Name].Sum(snapshot => snapshot.Bytes),
            };
        })];
    }
}
