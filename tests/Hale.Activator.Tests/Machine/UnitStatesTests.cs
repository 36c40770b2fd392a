using Hale.Activator.Machine;
using Hale.Store;

namespace Hale.Activator.Tests.Machine;

/// <summary>The conversation with systemd where it does not go smoothly.</summary>
public sealed class UnitStatesTests
{
    [Fact]
    public void A_name_that_systemd_refuses_keeps_nobody_from_knowing_of_the_others()
    {
        using var systemd = new FakeSystemd(resets: 0);

        var states = UnitStates.Of(["basic.target", "multi-user", "odd..service", "sockets.target"], TimeProvider.System, systemd.Address);

        Assert.Equal(["basic.target", "sockets.target"], states.Keys.Order(StringComparer.Ordinal));
        Assert.Equal("active", states["basic.target"].Active);
    }

    [Fact]
    public void A_pattern_that_systemd_refuses_is_told()
    {
        using var systemd = new FakeSystemd(resets: 0);

        var error = Assert.Throws<UserError>(() => UnitStates.Of(["x@*.service"], TimeProvider.System, systemd.Address));

        Assert.Equal("systemd does not tell which units of x@*.service there are: Unit name is not valid.", error.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void While_systemd_begins_anew_it_is_waited_for(int resets)
    {
        using var systemd = new FakeSystemd(resets);

        Assert.Equal("active", UnitStates.Of(["basic.target"], TimeProvider.System, systemd.Address)["basic.target"].Active);
    }

    [Fact]
    public void Where_no_systemd_comes_back_that_is_told()
    {
        var error = Assert.Throws<UserError>(() => UnitStates.Of(["basic.target"], new FastClock(), "/run/hale-test-no-systemd"));

        Assert.Equal((7, true), (error.ExitCode, error.Message.StartsWith("systemd does not answer at /run/hale-test-no-systemd: ", StringComparison.Ordinal)));
    }

    /// <summary>Each look at it is ten seconds later.</summary>
    private sealed class FastClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds += 10;
    }
}
