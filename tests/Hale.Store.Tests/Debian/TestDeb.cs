using System.Text;
using Hale.Store.Debian;
using Hale.Store.Unpack;

namespace Hale.Store.Tests.Debian;

/// <summary>Writes a tar by hand, entry by entry, honest or not.</summary>
internal sealed class TestTar
{
    private readonly List<byte> content = [];

    internal TestTar File(string name, string text = "x", int mode = 0b110_100_100) => Add(name, '0', Encoding.UTF8.GetBytes(text), mode: mode);

    internal TestTar Folder(string name) => Add(name, '5', mode: 0b111_101_101);

    internal TestTar Link(string name, string target) => Add(name, '2', target: target);

    internal TestTar HardLink(string name, string target) => Add(name, '1', target: target);

    internal TestTar Add(string name, char type, byte[]? bytes = null, string target = "", int mode = 0b110_100_100, string? size = null)
    {
        if (Encoding.UTF8.GetByteCount(name) > 100) Add("././@LongLink", 'L', Encoding.UTF8.GetBytes(name + "\0"));
        var header = new byte[512];
        var encoded = Encoding.UTF8.GetBytes(name);
        Put(header, 0, encoded.AsSpan(0, Math.Min(100, encoded.Length)));
        Put(header, 100, Encoding.ASCII.GetBytes(Convert.ToString(mode, 8).PadLeft(7, '0')));
        Put(header, 124, Encoding.ASCII.GetBytes(size ?? Convert.ToString(bytes?.Length ?? 0, 8).PadLeft(11, '0')));
        header[156] = (byte)type;
        Put(header, 157, Encoding.UTF8.GetBytes(target));
        Put(header, 257, "ustar  \0"u8);
        header.AsSpan(148, 8).Fill((byte)' ');
        Put(header, 148, Encoding.ASCII.GetBytes(Convert.ToString(header.Sum(static b => b), 8).PadLeft(6, '0') + "\0"));
        content.AddRange(header);
        content.AddRange(bytes ?? []);
        content.AddRange(new byte[-(bytes?.Length ?? 0) & 511]);
        return this;
    }

    internal byte[] Bytes() => [.. content, .. new byte[1024]];

    private static void Put(byte[] header, int at, ReadOnlySpan<byte> bytes) => bytes.CopyTo(header.AsSpan(at));
}

/// <summary>Puts members into a .deb.</summary>
internal static class TestDeb
{
    internal static byte[] Of(TestTar data, string control = "Package: a") =>
        Ar(("debian-binary", "2.0\n"u8.ToArray()), ("control.tar", new TestTar().File("./control", control + "\n").Bytes()), ("data.tar", data.Bytes()));

    internal static byte[] Ar(params (string Name, byte[] Content)[] members)
    {
        var archive = new MemoryStream();
        archive.Write("!<arch>\n"u8);
        foreach (var (name, content) in members)
        {
            archive.Write(Encoding.ASCII.GetBytes($"{name,-16}{0,-12}{0,-6}{0,-6}{100644,-8}{content.Length,-10}`\n"));
            archive.Write(content);
            if (content.Length % 2 == 1) archive.WriteByte((byte)'\n');
        }

        return archive.ToArray();
    }

    /// <summary>Assembles packages into a folder, and gives it.</summary>
    internal static string Assemble(Scratch scratch, bool complete, params (string Name, byte[] Deb)[] packages)
    {
        var root = scratch[$"root-{Guid.NewGuid():N}"];
        var fetched = packages.Select(package =>
        {
            var file = scratch[$"{Guid.NewGuid():N}.deb"];
            File.WriteAllBytes(file, package.Deb);
            return new FetchedPackage(Locked(package.Name, package.Deb.Length), file);
        }).ToList();
        DebianRoot.Assemble(root, fetched, "trixie", complete, new UnpackLimits(Bytes: 10 << 20, Entries: 1000), CancellationToken.None);
        return root;
    }

    private static LockedPackage Locked(string name, long size) => new()
    {
        Name = name,
        Version = "1.0-1",
        Architecture = "amd64",
        Suite = "trixie",
        File = $"pool/{name}.deb",
        Size = size,
        Sha256 = new string('0', 64),
    };

    /// <summary>Everything below a folder, a line each: kind, path, and what it holds.</summary>
    internal static string List(string root) =>
        string.Concat(Walk(root).Order(StringComparer.Ordinal).Select(path => Describe(path, Path.GetRelativePath(root, path)) + "\n"));

    // Links are not followed: they are what is looked at.
    private static IEnumerable<string> Walk(string folder) => Directory.EnumerateFileSystemEntries(folder)
        .SelectMany(static path => Directory.Exists(path) && new FileInfo(path).LinkTarget is null ? Walk(path).Prepend(path) : [path]);

    private static string Describe(string path, string name)
    {
        var info = new FileInfo(path);
        if (info.LinkTarget is { } target) return $"link {name} -> {target}";
        if (Directory.Exists(path)) return $"dir  {name}";
        var kind = (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0 ? "exec" : "file";
        return $"{kind} {name} {info.Length}";
    }
}
