using System.Diagnostics;

namespace Hale.Lab;

/// <summary>A time that several steps share, as a token that ends with it or with the caller's.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly Stopwatch watch = Stopwatch.StartNew();

    private TimeLimit(TimeSpan time, CancellationToken cancellation)
    {
        Time = time;
        source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(time);
    }

    /// <summary>Starts the clock.</summary>
    public static TimeLimit Start(TimeSpan time, CancellationToken cancellation) => new(time, cancellation);

    /// <summary>All of the time.</summary>
    public TimeSpan Time { get; }

    /// <summary>What is left of it; never below one millisecond.</summary>
    public TimeSpan Left => Time - watch.Elapsed is { } left && left > TimeSpan.FromMilliseconds(1) ? left : TimeSpan.FromMilliseconds(1);

    /// <summary>Ends with the time, or with the caller's token.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Stops the clock.</summary>
    public void Dispose() => source.Dispose();
}
