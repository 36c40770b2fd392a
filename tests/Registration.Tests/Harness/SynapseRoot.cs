namespace Registration.Tests.Harness;

/// <summary>
/// A folder that holds Debian sid's Synapse and all it depends on, unpacked beside the computer's own packages and kept in the
/// cache between runs. The mirror is the one that the computer's apt uses.
/// </summary>
internal static class SynapseRoot
{
    // Raise this where the way of making the folder changes.
    private const string Version = "1";

    public static async Task<string> GetAsync()
    {
        var cache = Path.Combine(Environment.GetEnvironmentVariable("HALE_CACHE") ?? CacheHome(), "tests");
        Directory.CreateDirectory(cache);
        var root = Path.Combine(cache, $"synapse-sid-{Version}");

        // Two test runs at once make it once.
        using var gate = await LockAsync($"{root}.lock");
        if (Directory.Exists(root))
            return root;
        var unfinished = $"{root}.unfinished";
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        // The mirror's sid may be frozen, with a Release whose date has passed.
        await Tools.RunAsync("mmdebstrap", "--mode=root", "--variant=extract", "--include=matrix-synapse",
            "--aptopt=Acquire::Check-Valid-Until \"false\"", "sid", unfinished, await MirrorAsync());
        // What base-files would bring: the links of a merged /usr, and mount points.
        foreach (var folder in new[] { "bin", "sbin", "lib", "lib64" })
            if (!Path.Exists(Path.Combine(unfinished, folder)))
                File.CreateSymbolicLink(Path.Combine(unfinished, folder), $"usr/{folder}");
        foreach (var folder in new[] { "proc", "tmp" })
            Directory.CreateDirectory(Path.Combine(unfinished, folder));
        Directory.Move(unfinished, root);
        return root;
    }

    private static string CacheHome() => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "hale");

    private static async Task<string> MirrorAsync()
    {
        var sites = (await Tools.RunAsync("apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(site => site.TrimEnd('/'))
            .Distinct()
            .ToList();
        return sites.FirstOrDefault(site => site.EndsWith("/debian", StringComparison.Ordinal)) ?? sites.FirstOrDefault()
            ?? throw new InvalidOperationException("apt knows no mirror: its sources are empty.");
    }

    private static async Task<FileStream> LockAsync(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(200);
            }
        }
    }
}
