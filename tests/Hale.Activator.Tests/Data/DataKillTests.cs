using System.Diagnostics;
using System.Globalization;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store.Closure;
using static Hale.Activator.Tests.Support.Systems;

namespace Hale.Activator.Tests.Data;

/// <summary>
/// A child process activates a system that migrates data, or goes back to one with its snapshot, and is killed before its k-th change, for
/// a sample of k, and for every one with <c>HALE_CUT_EVERY=1</c>. Then recovery runs, in the same boot or the next: the data must be, to the byte, those of the system that the machine is in.
/// </summary>
public sealed class DataKillTests
{
    private static readonly int Step = Environment.GetEnvironmentVariable("HALE_CUT_EVERY") is { } every ? int.Parse(every, CultureInfo.InvariantCulture) : 5;

    internal static void MoveAndDie(string root, string how, int before)
    {
        var changes = 0;
        using var on = new DataMachine(root, _ =>
        {
            if (++changes == before)
                Process.GetCurrentProcess().Kill();
        });
        on.Machine.Systemd.Units["db.service"] = on.Machine.Systemd.Units["page.service"] = new("active", "running", "simple", Invocation: "1");
        if (how is "broken")
            on.Failing.Add("2");
        _ = how == "back" ? on.GoTo(1, restore: true) : on.Activate(StorePath("hale-system-v2"));
    }

    [Theory]
    [InlineData("upgrade")]
    [InlineData("broken")]
    [InlineData("back")]
    public void Killed_before_any_change_the_data_are_those_of_the_system_that_the_machine_is_in(string how)
    {
        using var prepared = Prepared(how);
        var (first, ended) = (prepared.Tree(DataMachine.Place), new HashSet<string>());
        for (var k = 1 + (how.Length % Step); ; k += Step)
        {
            using var killed = new DataMachine(prepared.Machine.Copy());
            var survived = Child(killed, how, k);
            using var rebooted = new DataMachine(killed.Machine.Copy());
            rebooted.Reboot();
            killed.Machine.Systemd.Units["page.service"] = new("active", "running", "simple", Invocation: "1");
            killed.Machine.Systemd.Units["db.service"] = new("active", "running", "simple", Invocation: "1");
            if (ActivationJournal.Read(killed.Machine.Files) is { } journal)
                Assert.Empty(Recover.Run(killed.Machine.Context, journal));
            foreach (var on in new[] { killed, rebooted })
            {
                ended.Add(on.Runs);
                Check(on, how, first, $"{how}, killed before change {k}{(on == rebooted ? ", after a boot" : "")}");
            }

            if (survived)
            {
                Assert.True(k > 25, $"only {k} changes were tried");
                Assert.Equal(how == "broken" ? ["1"] : (string[])["1", "2"], ended.Order());
                return;
            }
        }
    }

    private static void Check(DataMachine on, string how, string first, string when)
    {
        var began = how == "back" ? "2" : "1";
        Assert.True(on.Read("format") == on.Runs, $"{when}, the machine runs {on.Runs} on data of {on.Read("format")}");
        Assert.True(on.Record?.Format == on.Runs, $"{when}, data of {on.Runs} are noted as {on.Record?.Format}");
        Assert.False(on.Machine.Files.Exists("/var/lib/hale/journal.json"), when);
        if (on.Runs == began)
            Assert.True(on.Tree(DataMachine.Place) == first, $"{when}, the data differ from before:\n{first}\n{on.Tree(DataMachine.Place)}");
        // Whatever happened, the other half of the way is still there to be gone.
        var kept = on.Kept(1).Concat(on.Kept(2)).Select(s => (s.Generation, s.Format));
        Assert.Equal(on.Runs == "2" ? [(1, "1")] : how == "back" ? [(2, "2")] : [], kept);
        Assert.Empty(Directory.EnumerateFileSystemEntries(on.Machine.At("/var/lib"), "*.*ing", SearchOption.TopDirectoryOnly));
        Assert.True(!Directory.Exists(on.Machine.At("/var/lib/hale/generations/1/state")) || Directory.EnumerateDirectories(on.Machine.At("/var/lib/hale/generations/1/state")).All(f => !f.EndsWith(".new", StringComparison.Ordinal)), when);
    }

    private static DataMachine Prepared(string how)
    {
        var on = new DataMachine();
        on.First();
        on.Write("deep/blob", new string('b', 5000));
        File.CreateSymbolicLink(on.Machine.At($"{DataMachine.Place}/link"), "rows");
        var second = on.Put("2");
        if (how == "back")
        {
            DataMachine.AssertEnd(Outcome.Done, on.Activate(second));
            on.Write("rows", "written since\n");
        }

        return on;
    }

    private static bool Child(DataMachine on, string how, int before)
    {
        var start = new ProcessStartInfo("dotnet", [
            "exec", typeof(DataKillTests).Assembly.Location, "move-data-and-die", on.Machine.Root, how, before.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var said = child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode is 0 or 137, $"exit {child.ExitCode}: {said}");
        return child.ExitCode == 0;
    }
}
