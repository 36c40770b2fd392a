using System.Diagnostics;

namespace Hale.Activator.Tests.Support;

/// <summary>A folder that is a file system of its own and can be filled to the last name.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string root) => Root = root;

    internal string Root { get; }

    /// <returns>Null where this computer does not let us; on CI that is a failure.</returns>
    internal static SmallDisk? Mount()
    {
        var root = Directory.CreateTempSubdirectory("hale-full-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", "nr_inodes=4096,size=8m", "tmpfs", root) == 0)
            return new SmallDisk(root);
        Directory.Delete(root);
        Assert.NotEqual("true", Environment.GetEnvironmentVariable("CI"));
        Console.WriteLine("SKIPPED: a full disk cannot be shown, because mounting a tmpfs needs root");
        return null;
    }

    /// <summary>Fills it but for some names.</summary>
    internal void Fill(int left = 0)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, "fill")).FullName;
        var names = new List<string>();
        try
        {
            for (var i = 0; ; i++)
            {
                File.WriteAllBytes(Path.Combine(folder, $"{i}"), []);
                names.Add(Path.Combine(folder, $"{i}"));
            }
        }
        catch (IOException)
        {
            foreach (var name in names.Take(left))
                File.Delete(name);
        }
    }

    /// <summary>Fills it but for some pages of 4 KiB.</summary>
    internal void FillBytes(int left)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, "fill")).FullName;
        using var file = File.Create(Path.Combine(folder, "bytes"), bufferSize: 0);
        try
        {
            for (var page = new byte[4096]; ;)
                file.Write(page);
        }
        catch (IOException)
        {
            file.SetLength(Math.Max(0, (file.Length / 4096 - left) * 4096));
        }
    }

    internal void Empty() => Directory.Delete(Path.Combine(Root, "fill"), recursive: true);

    public void Dispose()
    {
        Run("umount", Root);
        Directory.Delete(Root);
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
