using Hale.Activator.Machine;

namespace Hale.Activator.Tests.Machine;

/// <summary>How long is waited, by what systemctl says of units, and what a file system has room for. The real systemctl is asked by tests/Lab.Tests.</summary>
public sealed class LimitsTests
{
    private static readonly Dictionary<string, string> Units = new()
    {
        ["app.service"] = "Requires=app-migrate.service sysinit.target gone.service\nWants=ready.target\nRequiredBy=front.service\nTimeoutStartUSec=1min 30s\nTimeoutStopUSec=30s\nLoadState=loaded\nActiveState=inactive\n",
        ["app-migrate.service"] = "Requires=data.mount app.service\nTimeoutStartUSec=2h\nTimeoutStopUSec=1h\nLoadState=loaded\nActiveState=failed\n",
        ["data.mount"] = "TimeoutUSec=10min\nLoadState=loaded\nActiveState=inactive\n",
        ["sysinit.target"] = "Wants=early.service\nLoadState=loaded\nActiveState=active\n",
        ["early.service"] = "TimeoutStartUSec=5h\nLoadState=loaded\nActiveState=inactive\n",
        ["gone.service"] = "TimeoutStartUSec=1min 30s\nLoadState=not-found\nActiveState=inactive\n",
        ["ready.target"] = "Requires=forever.service\nLoadState=loaded\nActiveState=inactive\n",
        ["forever.service"] = "TimeoutStartUSec=infinity\nLoadState=loaded\nActiveState=activating\n",
        ["front.service"] = "TimeoutStopUSec=20min\nTimeoutStartUSec=3h\nLoadState=loaded\nActiveState=active\n",
    };

    [Theory]
    [InlineData("Start", 60 + 90 + 7200 + 600)]
    [InlineData("Stop", 60 + 30 + 1200)]
    [InlineData("Restart", 60 + 90 + 7200 + 600 + 30 + 1200)]
    public void What_a_unit_pulls_along_has_its_time_too(string verb, int seconds) =>
        Assert.Equal(seconds, JobLimits.Sum(Enum.Parse<UnitVerb>(verb), ["app.service"], TimeSpan.FromMinutes(1), Show).TotalSeconds);

    [Fact]
    public void A_unit_that_runs_and_is_named_counts_with_what_it_pulls() =>
        Assert.Equal(60 + 18000, JobLimits.Sum(UnitVerb.Start, ["sysinit.target"], TimeSpan.FromMinutes(1), Show).TotalSeconds);

    [Fact]
    public void Without_an_answer_there_is_what_there_is_in_any_case() =>
        Assert.Equal(60, JobLimits.Sum(UnitVerb.Restart, ["app.service"], TimeSpan.FromMinutes(1), (_, _) => "").TotalSeconds);

    [Theory]
    [InlineData(28)]
    [InlineData(20000)]
    public void No_limit_is_too_long_to_wait_for(int days) => Assert.Equal(0, Programs.Run("true", [], TimeSpan.FromDays(days)).Code);

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(1000, 7, 7L)]
    [InlineData(1000, 0, 0L)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, null)]
    [InlineData(1000, ulong.MaxValue, null)]
    public void A_file_system_without_a_limit_on_files_has_none(ulong all, ulong left, long? free) => Assert.Equal(free, Native.FreeNames(all, left));

    private static string Show(string properties, IReadOnlyList<string> units)
    {
        var asked = properties.Split(',');
        return string.Join('\n', units.Select(unit => string.Concat(Units[unit].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => asked.Contains(line.Split('=')[0])).Select(line => line + "\n"))));
    }
}
