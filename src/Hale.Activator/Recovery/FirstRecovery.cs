using System.Text;
using Hale.Activator.Data;
using Hale.Activator.Machine;

namespace Hale.Activator.Recovery;

/// <summary>
/// Before the very first commit nothing of Hale runs at a boot, for there is no system that it would come from. What a first activation has begun
/// is taken back all the same: beside what it holds (<see cref="DataHold"/>) lies a unit that runs the recovery of the system that was to come,
/// and <see cref="BootGenerator"/> hands both to systemd. It has a name of its own: links of that system may be there already, and lead nowhere.
/// </summary>
internal static class FirstRecovery
{
    internal const string Unit = "hale-recover-first.service";

    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_100_100;

    /// <summary>Before anything but the journal: from then on each boot ends what that tells of. Where the machine is committed to a system, its own unit does.</summary>
    internal static void Prepare(MachineFiles files, ActivationJournal journal)
    {
        if (SystemClosure.BootPath(files) is not null)
            return;
        const string folder = DataHold.Prepared, wants = $"{folder}/basic.target.wants";
        files.MakeFolder(wants, FolderMode);
        files.Write($"{folder}/{Unit}", Encoding.UTF8.GetBytes(Text(journal)), FileMode);
        files.SetLink($"{wants}/{Unit}", $"../{Unit}");
    }

    /// <summary>As early as <c>hale-recover.service</c>, which does it once the machine is committed to a system.</summary>
    private static string Text(ActivationJournal journal)
    {
        var mounts = journal.Chain().SelectMany(j => j.Data).SelectMany(move => move.Paths).Distinct(StringComparer.Ordinal)
            .Where(path => !path.Any(char.IsWhiteSpace)).Select(path => $"WantsMountsFor={path.Replace("%", "%%", StringComparison.Ordinal)}\n");
        return $"""
            [Unit]
            Description=Hale: take back an interrupted first activation
            ConditionPathExists=!{SystemClosure.RunningLink}
            DefaultDependencies=no
            RequiresMountsFor=/var/lib/hale /nix/store /etc/hale
            {string.Concat(mounts)}After=systemd-remount-fs.service systemd-tmpfiles-setup.service
            Before=basic.target shutdown.target
            Conflicts=shutdown.target

            [Service]
            Type=oneshot
            Environment=DOTNET_ROOT={journal.New}/runtime
            ExecStart={journal.New}/activator/bin/hale-activator recover

            """;
    }
}
