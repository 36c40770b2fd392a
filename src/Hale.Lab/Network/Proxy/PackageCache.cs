using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Hale.Lab;

/// <summary>
/// Files of Debian archives whose content never changes under their path: packages, and index files named by their hash. Whether they are
/// genuine is for apt to say.
/// </summary>
/// <param name="folder">Where they lie. Several processes may use it at once.</param>
/// <param name="capacity">At most so many bytes in all; those used least recently go first.</param>
internal sealed partial class PackageCache(string folder, long capacity)
{
    private readonly Lock evicting = new();

    /// <summary>Whether what lies under this path of an archive is always the same.</summary>
    public static bool IsImmutable(Uri uri) => Immutable().IsMatch(uri.AbsolutePath);

    /// <summary>Opens a file that is there, and counts it as used.</summary>
    /// <returns>The file, or null where it is not there.</returns>
    public FileStream? TryOpen(Uri uri)
    {
        try
        {
            var path = PathOf(uri);
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            return file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Where a file is written before it is whole.</summary>
    public FileStream CreateUnfinished()
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $".{Guid.NewGuid():n}.unfinished");
        return new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>Takes a whole file in, and lets others go where there are too many.</summary>
    public void Add(Uri uri, string unfinished)
    {
        File.Move(unfinished, PathOf(uri), overwrite: true);
        lock (evicting)
        {
            var files = new DirectoryInfo(folder).GetFiles().OrderByDescending(f => f.LastWriteTimeUtc).ToArray();
            var longAgo = DateTime.UtcNow.AddHours(-1);
            long total = 0;
            foreach (var file in files)
            {
                total += file.Length;
                // What a killed run left half-written is as old as that run.
                var abandoned = file.Name.EndsWith(".unfinished", StringComparison.Ordinal) && file.LastWriteTimeUtc < longAgo;
                if (total > capacity || abandoned) file.Delete();
            }
        }
    }

    // Mirrors of one archive share their files, so the host is not part of the name.
    private string PathOf(Uri uri)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(uri.AbsolutePath)));
        var name = NotPlain().Replace(uri.Segments[^1], "_");
        return Path.Combine(folder, $"{hash[..32]}-{(name.Length > 100 ? name[^100..] : name)}");
    }

    [GeneratedRegex(@"/pool/.*\.deb\z|/by-hash/SHA(256|512)/[0-9a-f]+\z")]
    private static partial Regex Immutable();

    [GeneratedRegex(@"[^A-Za-z0-9._+-]")]
    private static partial Regex NotPlain();
}
