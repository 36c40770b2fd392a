// From nothing to a package that can run: Hale's hermetic root beside apt-get in a copy of a fresh Debian 13 root. See README.md.
using System.Diagnostics;
using Hale.Store.Debian;
using Hale.Store.Local;
using Hale.Store.Nar;

var rounds = int.Parse(args.ElementAtOrDefault(1) ?? "3");
var mirror = MirrorSettings.OfThisComputer();
var work = Directory.CreateTempSubdirectory("hale-bench-").FullName;
try
{
    var baseRoot = args.ElementAtOrDefault(0) ?? MakeBase();
    foreach (var (package, suite) in ((string, string)[])[("caddy", "trixie"), ("matrix-synapse", "sid")])
    {
        var (lockTimes, realiseTimes, updateTimes, installTimes) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await Ours(package, suite, lockTimes, realiseTimes);
            Theirs(baseRoot, package, suite, updateTimes, installTimes);
        }

        Console.WriteLine(
            $"{package} ({suite}): lock {Figure.Median(lockTimes):f1} s + root {Figure.Median(realiseTimes):f1} s, "
            + $"apt-get update {Figure.Median(updateTimes):f1} s + install {Figure.Median(installTimes):f1} s");
        new Figure($"{package}: index, packages and root", Sums(lockTimes, realiseTimes))
        {
            GoalRatio = 1,
            Baseline = "apt-get update and install",
            BaselineRuns = Sums(updateTimes, installTimes),
        }.Print();
    }
}
finally
{
    Trees.Delete(work);
}

async Task Ours(string package, string suite, List<double> lockTimes, List<double> realiseTimes)
{
    var cache = $"{work}/cache";
    using (var store = LocalStore.Open(cache))
    using (var source = new DebianSource(store, () => mirror))
    {
        var request = new DebianRequest { Packages = [new(package)], Suites = [suite], Architecture = "amd64" };
        var watch = Stopwatch.StartNew();
        var locked = await source.LockAsync(request);
        lockTimes.Add(watch.Elapsed.TotalSeconds);
        watch.Restart();
        await source.RealiseAsync(package, request, locked);
        realiseTimes.Add(watch.Elapsed.TotalSeconds);
    }

    Trees.Delete(cache);
}

void Theirs(string baseRoot, string package, string suite, List<double> updateTimes, List<double> installTimes)
{
    var root = $"{work}/apt";
    Shell($"cp -a {baseRoot} {root} && cp -L /etc/resolv.conf /etc/hosts {root}/etc/ && rm -rf {root}/etc/apt/sources.list* "
        + $"{root}/var/lib/apt/lists/* {root}/var/cache/apt/*");
    var proxy = mirror.Proxy is null ? "" : $"Acquire::http::Proxy \"{mirror.Proxy}\";\n";
    File.WriteAllText($"{root}/etc/apt/sources.list", $"deb {mirror.Archive} {suite} main\n");
    File.WriteAllText($"{root}/etc/apt/apt.conf.d/bench", $"{proxy}Acquire::Check-Valid-Until "
        + "\"false\";\nAPT::Install-Recommends \"false\";\n");
    File.WriteAllText($"{root}/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");
    Shell($"chmod +x {root}/usr/sbin/policy-rc.d");
    updateTimes.Add(Time(() => InRoot(root, "apt-get -qq update")));
    installTimes.Add(Time(() => InRoot(root, $"apt-get -qq -y install {package}")));
    Shell($"rm -rf {root}");
}

string MakeBase()
{
    var root = $"{work}/base";
    Shell($"mmdebstrap --mode=root --variant=minbase --include=systemd trixie {root} {mirror.Archive}");
    return root;
}

// In mount and process namespaces of its own, so that nothing stays mounted or running.
static void InRoot(string root, string command) => Shell(
    $"unshare --mount --pid --fork sh -c 'mount --bind /dev {root}/dev && mount -t proc proc {root}/proc && "
        + $"DEBIAN_FRONTEND=noninteractive LC_ALL=C chroot {root} {command}'");

static List<double> Sums(List<double> one, List<double> other) => [.. one.Zip(other, (a, b) => a + b)];

static double Time(Action action)
{
    var watch = Stopwatch.StartNew();
    action();
    return watch.Elapsed.TotalSeconds;
}

static void Shell(string command)
{
    using var process = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    var errors = process.StandardError.ReadToEndAsync();
    process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    if (process.ExitCode != 0)
        throw new InvalidOperationException($"{command}: exit {process.ExitCode}\n{errors.Result}");
}
