using System.Diagnostics;
using Hale.Store;

namespace Hale.Lab;

/// <summary>
/// The unpacked root of a fresh machine, in the user's cache; machines are copies of it. It is made once (20 seconds), under a lock, in a
/// folder of another name, and counts only once the stamp beside it holds its fingerprint: what was cut short or changed since (or lost
/// by a crash of the computer before it was on disk) is made again.
/// </summary>
internal sealed class BaseImage
{
    private readonly string root;
    private readonly string lockFile;

    private BaseImage(string root, string lockFile)
    {
        this.root = root;
        this.lockFile = lockFile;
    }

    /// <summary>The image of a recipe, made if it must be.</summary>
    /// <param name="folder">The folder of all images.</param>
    /// <param name="recipe">What it is made of.</param>
    /// <param name="mirror">Where its packages come from.</param>
    /// <param name="report">Told what happens, where it takes long.</param>
    /// <param name="cancellation">Ends it; nothing half-made is ever used.</param>
    /// <exception cref="UserError">mmdebstrap could not make it; the message holds its last lines.</exception>
    public static async Task<BaseImage> EnsureAsync(
        string folder, BaseRecipe recipe, LabMirror mirror, Action<string> report, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        var root = Path.Combine(folder, recipe.Key);
        var image = new BaseImage(root, root + ".lock");
        using (await image.LockAsync(exclusive: false, report, cancellation))
        {
            if (image.IsWhole()) return image;
        }

        using (await image.LockAsync(exclusive: true, report, cancellation))
        {
            if (image.IsWhole()) return image;
            if (Directory.Exists(root)) report($"the base image {root} is damaged or half-made: making it again");
            await image.MakeAsync(recipe, mirror, report, cancellation);
        }
        return image;
    }

    /// <summary>Copies the image; on a file system that can, without copying its data.</summary>
    /// <param name="target">A folder that does not exist yet.</param>
    /// <param name="cancellation">Ends it, half-copied.</param>
    public async Task CloneAsync(string target, CancellationToken cancellation)
    {
        using var reading = await LockAsync(exclusive: false, static _ => { }, cancellation);
        await Command.SucceedAsync("cp", ["--archive", "--reflink=auto", "--", root, target], cancellation: cancellation);
    }

    private string Stamp => root + ".stamp";

    private Task<FileLock> LockAsync(bool exclusive, Action<string> report, CancellationToken cancellation) =>
        FileLock.TakeAsync(lockFile, exclusive, () => report("waiting for another run that makes the base image"), cancellation);

    private bool IsWhole() =>
        Directory.Exists(root) && File.Exists(Stamp) && File.ReadAllText(Stamp) == TreeFingerprint.Of(root);

    private async Task MakeAsync(BaseRecipe recipe, LabMirror mirror, Action<string> report, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        report($"making the base image of Debian {recipe.Suite} (once; about 20 seconds and 200 MB)");
        var unfinished = root + ".unfinished";
        File.Delete(Stamp);
        await RemoveAsync([root, unfinished]);
        try
        {
            await BootstrapAsync(recipe, mirror, unfinished, report, cancellation);
            await FinishAsync(unfinished, cancellation);
            Directory.Move(unfinished, root);
            await File.WriteAllTextAsync(Stamp, TreeFingerprint.Of(root), cancellation);
        }
        catch
        {
            await RemoveAsync([unfinished]);
            throw;
        }
        report($"the base image is made ({watch.Elapsed.TotalSeconds:0} s): {root}");
    }

    // The mounts that mmdebstrap makes for its chroot are in a mount namespace of its own: killed half-way, it leaves none behind.
    private static async Task BootstrapAsync(
        BaseRecipe recipe, LabMirror mirror, string target, Action<string> report, CancellationToken cancellation)
    {
        string[] bootstrap =
        [
            "--mount", "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
            $"--include={string.Join(',', recipe.Packages)}",
            .. mirror.AptOptions.Select(option => $"--aptopt={option}"),
            .. mirror.Settings.Proxy is { } proxy ? [$"--aptopt=Acquire::http::Proxy \"{proxy}\";"] : Array.Empty<string>(),
            .. mirror.Settings.Keyring is { } keyring ? [$"--keyring={keyring}"] : Array.Empty<string>(),
            recipe.Suite, target, mirror.Archive,
        ];
        var result = await Command.RunAsync("unshare", bootstrap, onErrorLine: Step, cancellation: cancellation);
        if (!result.Succeeded)
        {
            var end = string.Join("\n  ", result.Error.TrimEnd().Split('\n').TakeLast(15));
            throw new UserError(
                $"mmdebstrap could not make the base image from {mirror.Archive} (exit code {result.ExitCode}):\n  {end}",
                "see whether the mirror of this computer's apt is reachable and has the release, and whether the disk is full");
        }

        void Step(string line)
        {
            if (line.StartsWith("I: ", StringComparison.Ordinal) && line.EndsWith("...", StringComparison.Ordinal))
                report($"mmdebstrap: {line[3..]}");
        }
    }

    // What identifies a machine is its own, and what the computer lent the image (its resolver, its name) goes.
    private static async Task FinishAsync(string root, CancellationToken cancellation)
    {
        await Command.SucceedAsync("chroot", [root, "systemctl", "enable", "systemd-networkd.service"], cancellation: cancellation);
        foreach (var key in Directory.GetFiles(Path.Combine(root, "etc/ssh"), "ssh_host_*")) File.Delete(key);
        foreach (var file in new[] { "etc/resolv.conf", "etc/machine-id", "etc/hostname" })
        {
            File.Delete(Path.Combine(root, file));
            await File.WriteAllTextAsync(Path.Combine(root, file), "", cancellation);
        }
    }

    private static Task<string> RemoveAsync(string[] paths) => Command.SucceedAsync("rm", ["-rf", "--one-file-system", "--", .. paths]);
}
