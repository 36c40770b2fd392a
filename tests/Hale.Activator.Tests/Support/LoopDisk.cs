using System.Diagnostics;

namespace Hale.Activator.Tests.Support;

/// <summary>A real file system in a file, mounted through a loop device that goes with the mount.</summary>
internal sealed class LoopDisk : IDisposable
{
    private const int Seconds = 60;
    private readonly string _image;

    private LoopDisk(string root, string image) => (Root, _image) = (root, image);

    internal string Root { get; }

    /// <returns>Null where this computer does not let us; on CI that is a failure.</returns>
    internal static LoopDisk? Mount(string kind, int megabytes = 384)
    {
        var root = Directory.CreateTempSubdirectory($"hale-{kind}-").FullName;
        var image = root + ".image";
        using (var file = File.Create(image))
            file.SetLength((long)megabytes << 20);
        var said = Run($"mkfs.{kind}", "-q", image) ?? Run("mount", "-o", "loop", image, root);
        if (said is null)
            return new LoopDisk(root, image);
        File.Delete(image);
        Directory.Delete(root);
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", said);
        Console.WriteLine($"SKIPPED: nothing can be shown on {kind}: {said}");
        return null;
    }

    /// <summary>Bytes in use, once all is written.</summary>
    internal long Used()
    {
        Assert.Null(Run("sync", "-f", Root));
        var drive = new DriveInfo(Root);
        return drive.TotalSize - drive.TotalFreeSpace;
    }

    public void Dispose()
    {
        var said = Run("umount", Root);
        if (said is not null)
            Run("umount", "-l", Root);
        File.Delete(_image);
        Directory.Delete(Root);
        Assert.Null(said);
    }

    /// <returns>Null where it did well; else what it said.</returns>
    private static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("timeout", [$"{Seconds}", program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : $"{program} ended with {process.ExitCode}: {said.Trim()}";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
