using Hale.Activator.Machine;

namespace Hale.Activator.Tests.Machine;

/// <summary>Whether systemd must be asked if a unit's files changed: never a no where something did. What it then answers, tests/Lab.Tests ask the real one.</summary>
public sealed class UnitFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hale-units-").FullName;
    private readonly string _file;

    public UnitFilesTests()
    {
        _file = Path.Combine(_folder, "a-b@c.service");
        File.WriteAllText(_file, "[Service]\n");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("a.service", "service a.service")]
    [InlineData("a-b-c.timer", "timer a-b-c.timer a-b-.timer a-.timer")]
    [InlineData("a-b@c-d.service", "service a-b@c-d.service a-b@.service a-@c-d.service a-@.service")]
    [InlineData("-.mount", "mount -.mount")]
    [InlineData("a-.slice", "slice a-.slice")]
    public void A_drop_in_counts_for_a_name_by_its_type_its_template_and_each_part_before_a_dash(string name, string stems) =>
        Assert.Equal(stems, string.Join(' ', UnitFiles.Stems(name)));

    [Fact]
    public void What_is_as_it_was_need_not_be_asked() => Assert.False(Files(After).MayDiffer(View()));

    [Fact]
    public void A_file_that_is_newer_or_gone_is_asked_for()
    {
        Assert.True(Files(Before).MayDiffer(View()));
        File.Delete(_file);
        Assert.True(Files(After).MayDiffer(View()));
    }

    [Fact]
    public void A_link_to_a_file_that_is_newer_is_asked_for()
    {
        var link = Path.Combine(_folder, "linked.service");
        File.CreateSymbolicLink(link, _file);
        var between = After();
        Thread.Sleep(50);
        File.AppendAllText(_file, "# more\n");
        Assert.True(Files(() => between).MayDiffer(View(link)));
    }

    [Theory]
    [InlineData("a-b@c.service.d")]
    [InlineData("a-b@.service.d")]
    [InlineData("a-@c.service.d")]
    [InlineData("service.d")]
    public void A_drop_in_that_came_or_went_or_is_newer_is_asked_for(string folder)
    {
        var dropIn = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, folder)).FullName, "x.conf");
        File.WriteAllText(dropIn, "[Service]\n");
        Assert.True(Files(After).MayDiffer(View()));
        Assert.False(Files(After).MayDiffer(View(dropIns: dropIn)));
        var between = After();
        Thread.Sleep(50);
        File.AppendAllText(dropIn, "# more\n");
        Assert.True(Files(() => between).MayDiffer(View(dropIns: dropIn)));
        File.Delete(dropIn);
        Assert.True(Files(After).MayDiffer(View(dropIns: dropIn)));
    }

    [Fact]
    public void Of_another_unit_a_drop_in_does_not_count()
    {
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "a-bc@c.service.d")).FullName, "x.conf"), "");
        Assert.False(Files(After).MayDiffer(View()));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(0.5, false)]
    [InlineData(3600, true)]
    [InlineData(-3600, true)]
    public void Once_the_clock_was_set_everything_is_asked_for(double seconds, bool asked)
    {
        var clock = new ManualClock(DateTimeOffset.UtcNow + TimeSpan.FromMinutes(1));
        var loaded = (ulong)((clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        var monotonic = (ulong)(clock.GetElapsedTime(0).Ticks / TimeSpan.TicksPerMicrosecond);
        clock.Set(TimeSpan.FromSeconds(seconds));
        Assert.Equal(asked, UnitFiles.Since(loaded, monotonic, [_folder], clock).MayDiffer(View()));
    }

    private static long Before() => Microseconds(-60);

    private static long After() => Microseconds(0.02);

    private static long Microseconds(double seconds) => (DateTimeOffset.UtcNow.AddSeconds(seconds) - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private UnitFiles Files(Func<long> since) => new([_folder, "/nonexistent"], since());

    private UnitView View(string? file = null, params string[] dropIns) => new() { Names = ["a-b@c.service"], File = file ?? _file, DropIns = dropIns };

    /// <summary>A day's clock that is set, beside one that is not.</summary>
    private sealed class ManualClock(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => TimeSpan.TicksPerHour;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        internal void Set(TimeSpan by) => _now += by;
    }
}
