using Hale.Activator.Data;
using Hale.Activator.Machine;
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

    /// <summary>What systemd does not do.</summary>
    private string? _refused;

    public DataHoldTests() => _on = new DataMachine(_root.FullName, what =>
    {
        if (_diskFails && what == $"rename {DataMachine.Place}")
            throw new IOException("Input/output error");
        if (_refused is not null && what.StartsWith(_refused, StringComparison.Ordinal))
            throw new UserError("systemd does not answer", "") { ExitCode = 7 };
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

    [Fact]
    public void What_an_older_Hale_recovered_holds_nobody_and_the_next_deployment_clears_it_away()
    {
        var first = _on.First();
        _on.Activate(_on.Put("2"), mode: SwitchMode.Test);
        _on.Machine.Reboot();
        _on.Machine.Systemd.Units.Remove("db.service");
        Assert.True(_on.IsHeld);

        // It knows of the data and of no hold: that is left, for this boot and each to come.
        DataMoves.Undo(_on.Machine.Context, ActivationJournal.Read(_on.Machine.Files)!.Data, untouched: false);
        File.Delete(_on.Machine.At("/var/lib/hale/journal.json"));

        Assert.False(_on.IsHeld);
        Assert.Null(DataHold.Find(_on.Machine.Files));
        DataMachine.AssertEnd(Outcome.Nothing, _on.Activate(first));
        AssertSettled();
        Assert.Equal("resume boot db.service", _on.Machine.Systemd.Calls[^1]);
    }

    [Fact]
    public void A_journal_that_a_person_removed_holds_nobody_and_recovery_clears_away_what_it_left()
    {
        _on.First();
        _on.Activate(_on.Put("2"), mode: SwitchMode.Test);
        _diskFails = true;
        _on.Reboot();
        Assert.True(_on.IsHeld);
        _on.Machine.Write("/var/lib/hale/journal.json", "{ torn");
        Assert.Contains("systemctl restart hale-recover", Assert.Throws<UserError>(() => ActivationJournal.Read(_on.Machine.Files)).Hint, StringComparison.Ordinal);

        File.Delete(_on.Machine.At("/var/lib/hale/journal.json"));
        Assert.False(_on.IsHeld);
        DataHold.End(_on.Machine.Context, SystemClosure.Current(_on.Machine.Files)!.Manifest);

        AssertSettled();
        Assert.Equal("resume boot db.service page.service", _on.Machine.Systemd.Calls[^1]);
    }

    [Fact]
    public void That_systemd_does_not_start_who_was_held_keeps_no_boot_unsettled()
    {
        _on.First();
        _on.Activate(_on.Put("2"), mode: SwitchMode.Boot);
        _refused = "resume boot";

        _on.Reboot();

        Assert.Null(_on.NotRecovered);
        AssertSettled();
        Assert.Contains(_on.Machine.Events.OfType<WarningEvent>(), w => w.Message == "Not all that waited for data could be started: systemd does not answer");
        Assert.Equal(("2", "2"), (_on.Runs, _on.Read("format")));
        Assert.Equal("1", Assert.Single(_on.Kept(1)).Format);
    }

    [Theory]
    [InlineData(SwitchMode.Boot, "2")]
    [InlineData(SwitchMode.Test, "1")]
    public void A_recovery_that_is_cut_once_the_data_are_right_leads_nobody_back_from_them_and_holds_nobody(SwitchMode mode, string format)
    {
        _on.First();
        var second = _on.Put("2");
        DataMachine.AssertEnd(mode == SwitchMode.Boot ? Outcome.NeedsReboot : Outcome.Done, _on.Activate(second, mode: mode));
        _refused = "reread";
        _on.Reboot();
        Assert.Equal("systemd does not answer", _on.NotRecovered);
        // Nobody is held any more: the software runs, and writes.
        Assert.Equal("active", _on.Machine.Systemd.Units["db.service"].Active);
        _on.Write("rows", "written since\n");
        _refused = null;

        Assert.Empty(Recover.Run(_on.Machine.Context, ActivationJournal.Read(_on.Machine.Files)!));

        AssertSettled();
        Assert.Equal((format, format, "written since\n"), (_on.Runs, _on.Read("format"), _on.Read("rows")));
        Assert.Equal(format, _on.Record!.Format);
        Assert.Equal(format == "2" ? ["1"] : [], _on.Kept(1).Select(kept => kept.Format));
        Assert.Equal("resume boot page.service", _on.Machine.Systemd.Calls[^1]);
    }

    [Fact]
    public void Software_that_ran_before_its_data_were_copied_is_not_led_back_from()
    {
        _on.First();
        var second = _on.Put("2");
        _on.Activate(second, mode: SwitchMode.Boot);
        // Somebody kept the generator from holding it.
        Directory.Delete(_on.Machine.At("/etc/hale/held"), recursive: true);
        _on.Machine.Reboot();
        _on.Machine.Systemd.Run(UnitVerb.Restart, ["db.service"]);
        Assert.Equal("2", _on.Read("format"));

        var said = Assert.Throws<UserError>(() => _on.Activate(second));

        Assert.Contains("db.service does not stop, and writes data that must not change now", said.Message, StringComparison.Ordinal);
        Assert.True(_on.IsHeld);
        Assert.Equal(("2", "2"), (_on.Runs, _on.Read("format")));
        DataMachine.AssertEnd(Outcome.Nothing, _on.Activate(second, adopt: true));
        AssertSettled();
        Assert.Equal("2", _on.Record!.Format);
    }

    [Fact]
    public void A_hold_that_was_cut_short_is_made_whole_by_the_next_try()
    {
        var first = _on.First();
        _on.Activate(_on.Put("2"), mode: SwitchMode.Test);
        _diskFails = true;
        _on.Reboot();
        foreach (var cut in new[] { "db.service.d", "db.path.d" })
            Directory.Delete(_on.Machine.At($"/run/hale/held/{cut}"), recursive: true);

        Assert.Throws<UserError>(() => _on.Activate(first));

        Assert.True(_on.IsHeld);
        Assert.Equal(["db.path", "db.service", "db.socket", "db.timer"], DataHold.Find(_on.Machine.Files)!.Units);
        Assert.Equal("reread", _on.Machine.Systemd.Calls[^1]);
    }

    private void AssertSettled()
    {
        Assert.False(_on.IsHeld);
        foreach (var gone in new[] { "/etc/hale/held", "/run/hale/held", "/run/hale/held.reason", "/var/lib/hale/journal.json" })
            Assert.False(_on.Machine.Files.Exists(gone), gone);
    }
}
