using System.Runtime.InteropServices;
using System.Text;
using Hale.Activator.Data;
using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Store.Closure;

namespace Hale.Activator.Steps;

/// <summary>Everything that can refuse an activation, looked at before anything is touched, and all of it told at once.</summary>
internal static class Precheck
{
    internal static List<ActivationError> Errors(MachineFiles files, SystemClosure? old, SystemClosure @new, bool anyOs) =>
    [
        .. anyOs ? [] : Os(files),
        .. Architecture(files, @new.Manifest),
        .. Manifest(@new.Manifest),
        .. @new.Missing(files).Select(path =>
            new ActivationError($"{path} is missing on this machine.", "Send the system again; its store paths are not all here.")),
        .. OfMachine(files, old?.Manifest, @new.Manifest),
        .. StagedNames.Strangers(files, @new.Manifest),
    ];

    /// <summary>What the machine's state alone refuses; needs no store path, so that a plan can warn of it before anything is sent.</summary>
    internal static IEnumerable<ActivationError> OfMachine(MachineFiles files, SystemManifest? old, SystemManifest @new) =>
        Links.InTheWay(files, old, @new).Concat(StagedLinks.InTheWay(files, @new));

    private static IEnumerable<ActivationError> Os(MachineFiles files)
    {
        var release = Encoding.UTF8.GetString(files.Read("/etc/os-release") ?? files.Read("/usr/lib/os-release") ?? [])
            .Split('\n')
            .Select(line => line.Split('=', 2))
            .Where(p => p.Length == 2)
            .ToLookup(p => p[0], p => p[1].Trim('"', '\''), StringComparer.Ordinal);
        var (id, version) = (release["ID"].FirstOrDefault() ?? "unknown", release["VERSION_ID"].FirstOrDefault() ?? "unknown");
        if (id != "debian" || version != "13")
            yield return new ActivationError(
                $"This machine runs {id} {version}; Hale is made for Debian 13.",
                "Deploy to a machine with Debian 13, or pass --any-os to try regardless.");
    }

    private static IEnumerable<ActivationError> Architecture(MachineFiles files, SystemManifest manifest)
    {
        var here = RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
            var other => other.ToString(),
        };
        if (files.IsLive && manifest.Architecture != here)
            yield return new ActivationError(
                $"The system is built for {manifest.Architecture}, this machine is {here}.",
                $"Declare the host's platform as {here}.");
    }

    /// <summary>Names become paths that root writes to: nothing may lead out of its folder.</summary>
    private static IEnumerable<ActivationError> Manifest(SystemManifest manifest)
    {
        var units = manifest.Units.SelectMany(u => u.WantedBy.Prepend(u.Name)).Concat(SecretUsers.Named(manifest));
        foreach (var unit in units.Where(n => !IsUnitName(n)).Distinct(StringComparer.Ordinal))
            yield return Defect($"'{unit}' is not a unit's name.");
        foreach (var file in manifest.Files.Where(f => !f.Target.StartsWith("/etc/", StringComparison.Ordinal) || !StagedNames.IsRelative(f.Target[5..])))
            yield return Defect($"The file '{file.Target}' is not below /etc.");
        string[] kept = [SystemClosure.BootLink, TodaysSecrets.Link, BootGenerator.Place];
        foreach (var file in manifest.Files.Select(f => f.Target))
            foreach (var own in kept.Where(own => file == own || LinkSet.Nested(file, own)))
                yield return Defect($"The file '{file}' is where Hale keeps its own {own}.");
        foreach (var state in manifest.State.Where(s => !DataRecord.IsSound(s)))
            yield return Defect($"'{state.Name}' with its folders {string.Join(", ", state.Paths)} is no state directory.");
        foreach (var twice in manifest.State.GroupBy(s => s.Name, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return Defect($"The state directory '{twice.Key}' is declared {twice.Count()} times.");
        foreach (var defect in StagedNames.Defects(manifest))
            yield return Defect(defect);
        var files = manifest.Files.Select(f => f.Target).ToHashSet(StringComparer.Ordinal);
        foreach (var inner in files.Order(StringComparer.Ordinal))
            foreach (var outer in LinkSet.Above(inner).Where(files.Contains))
                yield return Defect($"'{inner}' lies in '{outer}', which is a link into the store itself.");
        foreach (var twice in LinkSet.All(manifest).GroupBy(l => l.Path, StringComparer.Ordinal).Where(g => g.Count() > 1))
            yield return Defect($"'{twice.Key}' is declared {twice.Count()} times.");
    }

    private static ActivationError Defect(string message) => new(message, "The declaration or its module is at fault.");

    private static bool IsUnitName(string name) =>
        name.Length is > 2 and < 256 && name.Contains('.', StringComparison.Ordinal) && name[0] is not ('.' or '-')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is ':' or '-' or '_' or '.' or '\\' or '@');
}
