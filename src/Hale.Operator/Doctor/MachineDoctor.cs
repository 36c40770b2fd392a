using System.Globalization;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Text;

namespace Hale.Operator.Doctor;

/// <summary>Looks at the machine itself over ssh: its clock, and the room on its disks.</summary>
/// <param name="target">Where ssh reaches it.</param>
/// <param name="time">The clock of this computer.</param>
internal sealed class MachineDoctor(SshTarget target, TimeProvider time)
{
    private const string Ask = "date +%s; df -Pk / /nix/store /var/lib 2>/dev/null | tail -n +2; true";
    private const long Little = 1L << 30;

    public async Task<IReadOnlyList<Diagnosis>> LookAsync(CancellationToken cancellation)
    {
        const string what = "the machine by ssh";
        try
        {
            var ssh = new SshConnection(target);
            await using (ssh.ConfigureAwait(false))
            {
                var asked = time.GetUtcNow();
                var answer = await ssh.RunAsync(Ask, null, null, cancellation).ConfigureAwait(false);
                // What opening the connection took is no difference of clocks: half of it is what we cannot know.
                return Read(answer.Output, asked + ((time.GetUtcNow() - asked) / 2));
            }
        }
        catch (UserError error)
        {
            return [Diagnosis.Wrong(what, error.Message.ReplaceLineEndings(" "), error.Hint)];
        }
    }

    /// <summary>Reads the machine's answer.</summary>
    internal static IReadOnlyList<Diagnosis> Read(string answer, DateTimeOffset now)
    {
        var lines = answer.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || !long.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return [Diagnosis.Wrong("the machine by ssh", "it did not say its time", "Is its shell a usual one?")];
        return [SiteDoctor.Clock("the machine's clock", DateTimeOffset.FromUnixTimeSeconds(seconds) - now), .. Disks(lines.Skip(1))];
    }

    // df -P: file system, blocks of 1024 bytes, used, free, share, mount point.
    private static IEnumerable<Diagnosis> Disks(IEnumerable<string> lines) => lines
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(parts => parts.Length >= 6)
        .DistinctBy(parts => parts[^1], StringComparer.Ordinal)
        .Select(parts => Disk(parts[^1], Kilobytes(parts[1]), Kilobytes(parts[3])));

    private static Diagnosis Disk(string place, long size, long free)
    {
        var (what, seen) = ($"disk at {place}", $"{ByteSize.Text(free)} of {ByteSize.Text(size)} free");
        if (free < Little / 4)
            return Diagnosis.Wrong(what, seen, "Services fail when nothing can be written: hale gc frees what no generation needs.");
        return free < Little || free < size / 20
            ? Diagnosis.Doubtful(what, seen, "hale gc frees what no generation needs.")
            : Diagnosis.Well(what, seen);
    }

    private static long Kilobytes(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value * 1024 : 0;
}
