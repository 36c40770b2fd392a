using System.IO.Enumeration;
using System.Security.Cryptography;
using System.Text;

namespace Hale.Lab;

/// <summary>
/// A short answer to "has anything in this tree changed since": every entry's path, kind, size and time of change, hashed. Contents are
/// not read, which makes it fast enough to be asked before each use.
/// </summary>
internal static class TreeFingerprint
{
    /// <summary>The fingerprint of a folder that exists.</summary>
    /// <returns>64 hexadecimal digits.</returns>
    public static string Of(string root)
    {
        var everything = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false };
        var entries = new FileSystemEnumerable<string>(root, Describe, everything)
        {
            ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        var sorted = entries.ToArray();
        Array.Sort(sorted, StringComparer.Ordinal);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in sorted) hash.AppendData(Encoding.UTF8.GetBytes(entry));
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        string Describe(ref FileSystemEntry entry)
        {
            var path = entry.ToFullPath()[root.Length..];
            // A folder's own size differs between file systems, and says nothing that its entries do not say.
            var size = entry.IsDirectory ? 0 : entry.Length;
            var kind = (int)(entry.Attributes & (FileAttributes.Directory | FileAttributes.ReparsePoint));
            return $"{path}\0{kind} {size} {entry.LastWriteTimeUtc.Ticks}\n";
        }
    }
}
