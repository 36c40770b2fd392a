namespace Hale.Store;

/// <summary>Writes files so that a reader, and the next start after a crash, sees the old one or the new one, whole.</summary>
internal static class AtomicFile
{
    /// <summary>Writes beside the place, then renames there.</summary>
    /// <param name="path">Where the file is to be.</param>
    /// <param name="content">Its bytes.</param>
    /// <param name="durable">Whether the bytes must be on the disk before the name is; a cache needs no such care.</param>
    internal static void Write(string path, ReadOnlySpan<byte> content, bool durable)
    {
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():n}.tmp";
        try
        {
            using (var file = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(file, content, 0);
                if (durable)
                    RandomAccess.FlushToDisk(file);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
            throw;
        }
    }
}
