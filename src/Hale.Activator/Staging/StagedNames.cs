using System.Globalization;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>What a system may say of its secrets: names become paths that root writes to, and nothing may lead out of its folder.</summary>
internal static class StagedNames
{
    private static readonly string[] Taken =
    [
        "/nix", "/proc", "/sys", "/dev", "/etc/hale", "/var/lib/hale",
        StageArea.MainLink, StageArea.MainFolder, StageArea.UsersLink, StageArea.UsersFolder,
    ];

    internal static bool IsRelative(string path) =>
        path.Length > 0 && path.Split('/').All(part => part.Length > 0 && part is not ("." or "..") && !part.Any(char.IsControl));

    internal static IEnumerable<ManifestStaged> All(SystemManifest manifest) => manifest.Secrets.Concat<ManifestStaged>(manifest.Templates);

    /// <summary>Whether a system has anything secret at all.</summary>
    internal static bool Any(SystemManifest manifest) => manifest.Secrets.Count + manifest.Templates.Count > 0;

    /// <summary>A mode as files have it; null where it is none, or gives others anything.</summary>
    internal static UnixFileMode? Mode(string octal)
    {
        var mode = 0;
        foreach (var digit in octal)
            if (digit is >= '0' and <= '7' && mode < 64)
                mode = 8 * mode + digit - '0';
            else
                return null;
        return octal.Length >= 3 && (mode & 7) == 0 ? (UnixFileMode)mode : null;
    }

    /// <summary>What of a system's secrets cannot be, whatever machine it is.</summary>
    internal static IEnumerable<string> Defects(SystemManifest manifest)
    {
        foreach (var secret in manifest.Secrets.Where(s => !IsRelative(s.Name) || s.Name.Split('/')[0] == "rendered"))
            yield return $"'{secret.Name}' is not a secret's name.";
        foreach (var template in manifest.Templates.Where(t => !IsRelative(t.Name)))
            yield return $"'{template.Name}' is not a template's name.";
        foreach (var secret in manifest.Secrets.Where(s => s.Length is < 1 or > 4096 || s.Alphabet.Length == 0))
            yield return $"The secret '{secret.Name}' wants {secret.Length.ToString(CultureInfo.InvariantCulture)} characters of '{secret.Alphabet}'.";
        foreach (var secret in manifest.Secrets.Where(s => s.Origin == SecretOrigin.Provided && (!IsRelative(s.File) || manifest.Sealed is null)))
            yield return $"The secret '{secret.Name}' is to come from the file '{secret.File}', which the system does not bring.";
        foreach (var staged in All(manifest).Where(s => Mode(s.Mode) is null))
            yield return $"'{staged.Name}' has the mode '{staged.Mode}', which is none for a secret.";
        foreach (var staged in All(manifest).Where(s => s.Link.Length > 0 && !IsPlace(s.Link)))
            yield return $"'{staged.Name}' wants a link at '{staged.Link}', which is no place for one.";
        foreach (var twice in All(manifest).Select(StagedItem.NameOf).GroupBy(n => n, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return $"'{twice.Key}' is declared {twice.Count()} times.";
        foreach (var twice in All(manifest).Where(s => s.Link.Length > 0).GroupBy(s => s.Link, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return $"Several secrets want a link at '{twice.Key}'.";
    }

    private static bool IsPlace(string link) =>
        link.StartsWith('/') && IsRelative(link[1..]) && !Taken.Any(taken => link == taken || LinkSet.Nested(link, taken));

    /// <summary>Owners and groups that the machine does not have and that the system does not bring.</summary>
    internal static IEnumerable<ActivationError> Strangers(MachineFiles files, SystemManifest manifest)
    {
        if (All(manifest).All(s => (s.Owner, s.Group) == ("root", "root")))
            yield break;
        var accounts = Accounts.Read(files);
        var (users, groups) = Accounts.Brought(files, manifest);
        foreach (var owner in All(manifest).Where(s => accounts.UserNamed(s.Owner) is null && !users.Contains(s.Owner)))
            yield return Stranger(owner, "user", owner.Owner);
        foreach (var group in All(manifest).Where(s => accounts.GroupNamed(s.Group) is null && !groups.Contains(s.Group)))
            yield return Stranger(group, "group", group.Group);
    }

    private static ActivationError Stranger(ManifestStaged staged, string kind, string name) => new(
        $"'{staged.Name}' is to belong to the {kind} {name}, and this machine has none of that name.",
        $"Declare it as a SystemUser, or hand the secret to its unit as a credential, which needs no owner.");
}
