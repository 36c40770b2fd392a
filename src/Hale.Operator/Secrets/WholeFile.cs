namespace Hale.Operator.Secrets;

/// <summary>Writes a file whole or not at all.</summary>
internal static class WholeFile
{
    /// <summary>Writes beside the place, flushes, and renames there.</summary>
    /// <param name="path">The place. A link there stays, and what it leads to is replaced.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="mode">The mode of a new file, from which the umask takes; one that is there keeps its own.</param>
    public static void Write(string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        if (new FileInfo(path).LinkTarget is not null && File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target)
            path = target.FullName;
        var temporary = Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid():n}");
        try
        {
            using (var file = new FileStream(
                temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode }))
            {
                if (File.Exists(path))
                    File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(path));
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
