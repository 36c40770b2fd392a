using System.Diagnostics;
using Hale.Activator.Health;
using Hale.Activator.Tests.Support;

namespace Hale.Activator.Tests.Health;

public sealed class ConfirmationTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    /// <summary>A clock whose time of day is set a day forwards or back again each time that somebody looks.</summary>
    private sealed class Jumping(int days) : TimeProvider
    {
        private int _looks;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddDays(days * ++_looks);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_jumps_by_days_neither_ends_the_wait_nor_draws_it_out(int days)
    {
        var watch = Stopwatch.StartNew();
        var alone = await Confirmation.AwaitAsync(_machine.Context with { Clock = new Jumping(days) }, "cafe", 1);
        Assert.Equal("Nobody reached the machine over a new connection within 1 s.", alone!.Message);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.95, 10);

        Confirmation.Give(_machine.Files, "cafe");
        Assert.Null(await Confirmation.AwaitAsync(_machine.Context with { Clock = new Jumping(days) }, "cafe", 1));
    }

    [Fact]
    public async Task Another_token_confirms_nothing_and_a_confirmation_counts_once()
    {
        Confirmation.Give(_machine.Files, "beef");
        Assert.NotNull(await Confirmation.AwaitAsync(_machine.Context, "cafe", 1));
        Assert.Null(await Confirmation.AwaitAsync(_machine.Context, "beef", 1));
        Assert.NotNull(await Confirmation.AwaitAsync(_machine.Context, "beef", 1));
    }
}
