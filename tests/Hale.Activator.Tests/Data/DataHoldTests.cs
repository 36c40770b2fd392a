using Hale.Activator.Data;
using Hale.Activator.Recovery;
using Hale.Activator.Tests.Support;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Tests.Data;

/// <summary>Data that cannot be put back: nothing starts upon them, until they are or a person says that they are right.</summary>
public sealed class DataHoldTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hale-held-");
    private readonly DataMachine _on;
    private bool _diskFails;

    public DataHoldTests() => _on = new DataMachine(_root.FullName, what =>
    {
        if (_diskFails && what == $"rename {DataMachine.Place}")
            throw new IOException("Input/output error");
    });

    public void Dispose()
    {
        _on.Dispose();
        _root.Delete(recursive: true);
    }

    [Fact]
    public void A_boot_that_cannot_put_data_back_starts_nothing_upon_them_and_the_next_deployment_tries_anew()
    {
        var first = _on.First();
        var before = _on.Tree(DataMachine.Place);
        DataMachine.AssertEnd(Outcome.Done, _on.Activate(_on.Put("2"), mode: SwitchMode.Test));
        Assert.False(_on.IsHeld);
        _diskFails = true;

        _on.Reboot();

        Assert.StartsWith("The data of db could not be put back: Input/output error. Nothing that writes them starts until they are: ", _on.NotRecovered, StringComparison.Ordinal);
        Assert.True(_on.IsHeld);
        Assert.False(_on.Machine.Systemd.Units.ContainsKey("db.service"));
        Assert.Equal(
            ["db.path", "db.service", "db.socket", "db.timer"], DataHold.Find(_on.Machine.Files)!.Units);
        var again = Assert.Throws<UserError>(() => _on.Activate(first));
        Assert.Equal(7, again.ExitCode);
        Assert.Contains("hale deploy HOST --adopt-data", again.Hint, StringComparison.Ordinal);

        _diskFails = false;
        DataMachine.AssertEnd(Outcome.Nothing, _on.Activate(first));
        AssertSettled();
        Assert.Equal(before, _on.Tree(DataMachine.Place));
        Assert.Equal("1", _on.Record!.Format);
        Assert.Equal("resume boot db.service page.service", _on.Machine.Systemd.Calls[^1]);
    }

    [Fact]
    public void Data_that_a_person_put_right_count_as_what_the_system_expects()
    {
        var first = _on.First();
        _on.Activate(_on.Put("2"), mode: SwitchMode.Test);
        _diskFails = true;
        _on.Reboot();
        _on.Write("format", "1");
        _on.Write("rows", "from a backup\n");

        DataMachine.AssertEnd(Outcome.Nothing, _on.Activate(first, adopt: true));

        AssertSettled();
        Assert.Equal(("from a backup\n", "1"), (_on.Read("rows"), _on.Record!.Format));
        Assert.Contains(_on.Machine.Events.OfType<WarningEvent>(), w => w.Message.Contains("count as what the system expects: of the format 1", StringComparison.Ordinal));
    }

    [Fact]
    public void Data_that_nobody_failed_to_put_back_are_put_back_whatever_is_said_of_them()
    {
        var first = _on.First();
        var before = _on.Tree(DataMachine.Place);
        _on.Activate(_on.Put("2"), mode: SwitchMode.Test);
        _on.Machine.Reboot();
        _on.Machine.Systemd.Units.Remove("db.service");

        DataMachine.AssertEnd(Outcome.Nothing, _on.Activate(first, adopt: true));
        Assert.Equal(before, _on.Tree(DataMachine.Place));
    }

    [Fact]
    public void A_boot_in_which_nothing_of_Hale_runs_holds_the_units_too()
    {
        _on.First();
        _on.Activate(_on.Put("2"), mode: SwitchMode.Test);

        _on.Machine.Reboot();
        _on.Machine.Systemd.Units.Remove("db.service");

        Assert.True(_on.IsHeld);
        Assert.Contains("hale-recover.service has not come to an end", DataHold.Find(_on.Machine.Files)!.Reason, StringComparison.Ordinal);
        Recover.Run(_on.Machine.Context, ActivationJournal.Read(_on.Machine.Files)!);
        AssertSettled();
    }

    [Fact]
    public void A_way_back_in_the_same_boot_that_cannot_put_data_back_holds_them_too()
    {
        var first = _on.First();
        var before = _on.Tree(DataMachine.Place);
        _on.Failing.Add("2");
        _diskFails = true;

        DataMachine.AssertEnd(Outcome.RollbackFailed, _on.Activate(_on.Put("2")));

        Assert.True(_on.IsHeld);
        Assert.Equal("reread", _on.Machine.Systemd.Calls[^1]);
        _diskFails = false;
        DataMachine.AssertEnd(Outcome.Nothing, _on.Activate(first));
        AssertSettled();
        Assert.Equal(before, _on.Tree(DataMachine.Place));
        Assert.Equal("active", _on.Machine.Systemd.Units["db.service"].Active);
    }

    [Fact]
    public void What_moves_no_data_or_has_settled_them_holds_nobody()
    {
        _on.First();
        _on.Activate(_on.Put("1", DataMachine.System("1", unit: 5), "v5"), mode: SwitchMode.Test);
        Assert.False(_on.Machine.Files.Exists("/etc/hale/held"));
        DataMachine.AssertEnd(Outcome.Done, _on.Activate(_on.Put("2")));
        AssertSettled();
    }

    private void AssertSettled()
    {
        Assert.False(_on.IsHeld);
        foreach (var gone in new[] { "/etc/hale/held", "/run/hale/held", "/run/hale/held.reason", "/var/lib/hale/journal.json" })
            Assert.False(_on.Machine.Files.Exists(gone), gone);
    }
}
