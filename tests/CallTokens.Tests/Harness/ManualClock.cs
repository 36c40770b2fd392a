namespace CallTokens.Tests.Harness;

/// <summary>A clock of days and hours that only moves when told to.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long ticks = DateTimeOffset.UtcNow.Ticks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref ticks), TimeSpan.Zero);

    public void Advance(TimeSpan by) => Interlocked.Add(ref ticks, by.Ticks);
}
