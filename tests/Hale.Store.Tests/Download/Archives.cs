using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Hale.Store.Tests.Download;

/// <summary>Archives and programs made by hand.</summary>
internal static class Archives
{
    internal static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    internal static byte[] Gzip(byte[] content)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionLevel.Optimal))
            gzip.Write(content);
        return target.ToArray();
    }

    /// <summary>A zip of entries with a name, a content and the mode of stat(2).</summary>
    internal static byte[] Zip(params (string Name, string Content, int Mode)[] entries)
    {
        var target = new MemoryStream();
        using (var zip = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content, mode) in entries)
            {
                var entry = zip.CreateEntry(name);
                entry.ExternalAttributes = mode << 16;
                using var stream = entry.Open();
                stream.Write(Encoding.UTF8.GetBytes(content));
            }

        return target.ToArray();
    }

    /// <summary>The beginning of an ELF program for a machine (elf(5), <c>e_machine</c>), and nothing more.</summary>
    internal static byte[] Program(byte machine)
    {
        var program = new byte[64];
        "\u007fELF"u8.CopyTo(program);
        program[18] = machine;
        return program;
    }
}
