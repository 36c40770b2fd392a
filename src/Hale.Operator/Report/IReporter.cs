namespace Hale.Operator.Report;

/// <summary>Takes what running work has to tell. Safe to call from several threads.</summary>
public interface IReporter
{
    /// <summary>Takes one event.</summary>
    void Report(OperatorEvent happened);
}

/// <summary>Ways to tell the usual things.</summary>
public static class Reporting
{
    /// <summary>Runs a piece of work and tells its beginning and its end.</summary>
    /// <param name="reporter">Who is told.</param>
    /// <param name="name">What it is.</param>
    /// <param name="time">The clock.</param>
    /// <param name="work">The work; what it returns beside its result is told as the end's detail.</param>
    public static async Task<T> RunAsync<T>(
        this IReporter reporter, string name, TimeProvider time, Func<Task<(T Result, string Detail)>> work)
    {
        ArgumentNullException.ThrowIfNull(reporter);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(work);
        reporter.Report(new WorkBegan(name));
        var start = time.GetTimestamp();
        try
        {
            var (result, detail) = await work().ConfigureAwait(false);
            reporter.Report(new WorkEnded(name, true, time.GetElapsedTime(start).TotalSeconds, detail));
            return result;
        }
        catch (OperationCanceledException)
        {
            reporter.Report(new WorkStopped(name));
            throw;
        }
        catch
        {
            reporter.Report(new WorkEnded(name, false, time.GetElapsedTime(start).TotalSeconds));
            throw;
        }
    }
}
