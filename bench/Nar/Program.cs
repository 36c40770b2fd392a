// Hashing a tree as a NAR against sha256sum over the same files, and unpacking a NAR against tar, both writing to the same disk.
// Runs take turns, so that a busy moment of the computer falls on both; medians are printed with their ratio. The aim is 1.25 at most.
// dotnet run -c Release --project bench/Nar [-- FOLDER [ROUNDS]]
using System.Diagnostics;
using Hale.Store.Nar;

var tree = args.ElementAtOrDefault(0) ?? "/usr/share";
var rounds = int.Parse(args.ElementAtOrDefault(1) ?? "5");
var work = Directory.CreateTempSubdirectory("hale-bench-").FullName;
try
{
    var digest = NarWriter.Write(tree);
    Console.WriteLine($"{tree}: {digest.Size / 1048576.0:f0} MiB as a NAR");
    Compare("a NAR hashed", "sha256sum", () => NarWriter.Write(tree), () => Shell($"find {tree} -type f -print0 | xargs -0 sha256sum > /dev/null"));

    using (var nar = File.Create($"{work}/tree.nar"))
        NarWriter.Write(tree, nar);
    Shell($"tar -cf {work}/tree.tar -C {tree} .");
    var number = 0;
    Compare(
        "a NAR unpacked and hashed",
        "tar -x",
        () =>
        {
            using var nar = File.OpenRead($"{work}/tree.nar");
            NarUnpacker.Unpack(nar, $"{work}/nar-{number++}", long.MaxValue);
        },
        () => Shell($"mkdir {work}/tar-{number} && tar -xf {work}/tree.tar -C {work}/tar-{number++}"),
        after: () =>
        {
            foreach (var folder in Directory.GetDirectories(work))
                Trees.Delete(folder);
        });
}
finally
{
    Trees.Delete(work);
}

void Compare(string name, string baselineName, Action ours, Action baseline, Action? after = null)
{
    var (mine, theirs) = (new List<double>(), new List<double>());
    for (var round = 0; round <= rounds; round++)
    {
        var (a, b) = (Time(ours), Time(baseline));
        after?.Invoke();
        // The first round warms the caches and the compiler.
        if (round > 0)
        {
            mine.Add(a);
            theirs.Add(b);
        }
    }

    new Figure(name, mine) { GoalRatio = 1.25, Baseline = baselineName, BaselineRuns = theirs }.Print();
}

static double Time(Action action)
{
    var watch = Stopwatch.StartNew();
    action();
    return watch.Elapsed.TotalSeconds;
}

static void Shell(string command)
{
    using var process = Process.Start("sh", ["-c", command]);
    process.WaitForExit();
    if (process.ExitCode != 0)
        throw new InvalidOperationException($"{command}: exit {process.ExitCode}");
}
