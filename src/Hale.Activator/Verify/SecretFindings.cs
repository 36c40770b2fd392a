using System.Security.Cryptography;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>
/// Secrets in memory: whether they are there, whose they are, whether they are what was put there. Names are told, contents never. A value
/// that the machine made is compared with the one it keeps; what must be decrypted for it only where the whole store is looked at too.
/// </summary>
internal static class SecretFindings
{
    internal static IEnumerable<Finding> Of(ActivationContext context, SystemManifest manifest, Accounts accounts, StoreDepth depth)
    {
        var files = context.Files;
        if (!StagedNames.Any(manifest))
            return [];
        if (!Directory.Exists(files.At(StageArea.MainLink)))
            return [Changed(StageArea.MainLink, "a folder of secrets", "nothing")];
        var items = StagedNames.All(manifest).ToList();
        var touched = depth == StoreDepth.Contents ? Touched(context, manifest) : [];
        return
        [
            .. items.SelectMany(item => Item(files, accounts, item, touched)),
            .. Strangers(files, items.Select(StagedItem.NameOf).ToHashSet(StringComparer.Ordinal)),
            .. StagedLinks.Of(manifest).Where(link => !files.Has(link)).Select(link => LinkFindings.Other(files, link, null, null)),
        ];
    }

    private static IEnumerable<Finding> Item(MachineFiles files, Accounts accounts, ManifestStaged item, HashSet<string> touched)
    {
        var name = StagedItem.NameOf(item);
        var path = $"{StageArea.MainLink}/{name}";
        if (PathStat.Of(files.At(path)) is not { IsFile: true })
            return [Changed(path, "a secret", LinkFindings.What(files, path))];
        var changed = touched.Contains(name)
            || (item is ManifestSecret { Origin: SecretOrigin.Generated } && !IsKept(files, path, GeneratedSecrets.PathOf(name)));
        return
        [
            .. changed ? [Changed(path, "the secret", "something else")] : Array.Empty<Finding>(),
            .. FolderFindings.Compare(
                files, accounts, path, (int?)StagedNames.Mode(item.Mode), accounts.UserNamed(item.Owner), accounts.GroupNamed(item.Group)),
        ];
    }

    private static bool IsKept(MachineFiles files, string staged, string kept)
    {
        var (one, other) = (files.Read(staged) ?? [], files.Read(kept) ?? []);
        var same = CryptographicOperations.FixedTimeEquals(one, other);
        CryptographicOperations.ZeroMemory(one);
        CryptographicOperations.ZeroMemory(other);
        return same;
    }

    private static HashSet<string> Touched(ActivationContext context, SystemManifest manifest)
    {
        using var secrets = SecretStaging.Open(context, manifest, TodaysSecrets.Folder(context.Files) ?? manifest.Sealed);
        return [.. secrets.Touched];
    }

    private static IEnumerable<Finding> Strangers(MachineFiles files, HashSet<string> declared, string below = "") =>
        files.Names($"{StageArea.MainLink}{below}").Order(StringComparer.Ordinal).SelectMany(name =>
            Directory.Exists(files.At($"{StageArea.MainLink}{below}/{name}")) ? Strangers(files, declared, $"{below}/{name}")
            : declared.Contains($"{below}/{name}"[1..]) ? []
            : [Changed($"{StageArea.MainLink}{below}/{name}", "nothing here", "a file that nobody declared")]);

    private static Finding Changed(string path, string expected, string actual) =>
        new() { Kind = FindingKind.SecretChanged, Path = path, Expected = expected, Actual = actual };
}
