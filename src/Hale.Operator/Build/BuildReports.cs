using Hale.Operator.Report;
using Hale.Store.Fetch;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>How builds are told.</summary>
internal static class BuildReports
{
    private static readonly TimeSpan WorthTelling = TimeSpan.FromMilliseconds(500);

    /// <summary>Tells of a build, and in a line that stays only of one that took a while: the rest lay in the store.</summary>
    public static Task<PathInfo> BuiltAsync(this IReporter reporter, TimeProvider time, string name, string detail, Func<Task<PathInfo>> build) =>
        reporter.RunAsync(Work(name), time, async () =>
        {
            var start = time.GetTimestamp();
            var path = await build().ConfigureAwait(false);
            return (path, time.GetElapsedTime(start) < WorthTelling ? "" : detail);
        });

    /// <summary>What the build of something is called.</summary>
    public static string Work(string name) => $"build {name}";

    /// <summary>Tells how a fetch comes along: at most once for each hundredth of it.</summary>
    public static IProgress<FetchProgress> Fetching(this IReporter reporter, string work) => new Steps(reporter, work);

    private sealed class Steps(IReporter reporter, string work) : IProgress<FetchProgress>
    {
        private long told;

        public void Report(FetchProgress value)
        {
            var step = Math.Max(value.BytesTotal / 100, 1 << 20);
            var before = Interlocked.Read(ref told);
            if (Math.Abs(value.BytesDone - before) >= step && Interlocked.CompareExchange(ref told, value.BytesDone, before) == before)
                reporter.Report(new WorkAdvanced(work, value.BytesDone, value.BytesTotal));
        }
    }
}
