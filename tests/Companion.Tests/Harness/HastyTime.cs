namespace Companion.Tests.Harness;

/// <summary>The computer's clock, with timers that end as many times as early: minutes of waiting in seconds.</summary>
internal sealed class HastyTime(double times) : TimeProvider
{
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? dueTime / times : dueTime, period);
}
