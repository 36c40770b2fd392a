using System.Diagnostics;

namespace Hale.Catalogue.Tests;

/// <summary>
/// A Debian package with all it depends on, unpacked once into this user's cache from the mirror that apt uses, and programs run out of
/// it by its own loader: without a chroot, as whoever runs the tests.
/// </summary>
internal sealed class DebianTree
{
    private readonly string loader;
    private readonly string libraries;

    private DebianTree(string path)
    {
        Path = path;
        loader = Directory.GetFiles(System.IO.Path.Combine(path, "usr/lib"), "ld-linux*.so*", SearchOption.AllDirectories)[0];
        libraries = System.IO.Path.GetDirectoryName(loader)!;
    }

    public string Path { get; }

    public static DebianTree Of(string package, string suite)
    {
        var cache = System.IO.Path.Combine(
            Environment.GetEnvironmentVariable("HALE_CACHE") ?? System.IO.Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "hale"),
            "tests", "debian");
        Directory.CreateDirectory(cache);
        var path = System.IO.Path.Combine(cache, $"{package}-{suite}");
        using var _ = Lock($"{path}.lock");
        if (!Directory.Exists(path))
        {
            var unfinished = $"{path}.unfinished";
            if (Directory.Exists(unfinished))
                Directory.Delete(unfinished, recursive: true);
            Run("mmdebstrap",
            [
                $"--mode={(Environment.IsPrivilegedProcess ? "root" : "unshare")}", "--variant=extract", "--aptopt=Acquire::Check-Valid-Until \"false\"",
                $"--include={package}", suite, unfinished, Mirror(),
            ]);
            Directory.Move(unfinished, path);
        }
        return new DebianTree(path);
    }

    /// <summary>How to run a program of the tree, given by its path inside.</summary>
    public ProcessStartInfo Start(string program, IEnumerable<string> arguments) =>
        new(loader, ["--library-path", libraries, System.IO.Path.Combine(Path, program), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

    private static string Mirror()
    {
        foreach (var file in Directory.GetFiles("/etc/apt/sources.list.d", "*.sources").Append("/etc/apt/sources.list").Where(File.Exists))
            foreach (var line in File.ReadLines(file))
                if (line.StartsWith("URIs:", StringComparison.Ordinal) && !line.Contains("security", StringComparison.Ordinal))
                    return line["URIs:".Length..].Trim().Split(' ')[0];
                else if (line.StartsWith("deb ", StringComparison.Ordinal) && !line.Contains("security", StringComparison.Ordinal))
                    return line.Split(' ').First(word => word.Contains("://", StringComparison.Ordinal));
        throw new InvalidOperationException("apt of this computer names no mirror.");
    }

    // Test runs side by side share the cache; the second waits for the first.
    private static FileStream Lock(string path)
    {
        for (var patience = Stopwatch.StartNew(); ;)
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (patience.Elapsed < TimeSpan.FromMinutes(5))
            {
                Thread.Sleep(200);
            }
    }

    private static void Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors);
    }
}
