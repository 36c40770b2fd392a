using System.Buffers.Text;
using System.Text;

namespace Hale.Store.Debian;

/// <summary>Reads a Packages index.</summary>
internal static class PackageIndex
{
    private static readonly string[] Priorities = ["required", "important", "standard", "optional", "extra"];

    /// <summary>The packages of an index, in its order.</summary>
    /// <param name="stream">The decompressed index.</param>
    /// <param name="suite">The suite it belongs to, as the request names it.</param>
    /// <exception cref="FormatException">A paragraph is malformed, or lacks a field that fetching the package needs.</exception>
    public static List<PackageRecord> Read(Stream stream, string suite)
    {
        var packages = new List<PackageRecord>(70_000);
        var reader = new Deb822Reader(stream);
        while (reader.NextParagraph())
            packages.Add(ReadOne(reader, suite));
        return packages;
    }

    private static PackageRecord ReadOne(Deb822Reader reader, string suite)
    {
        string name = "", version = "", architecture = "", file = "", sha256 = "", provides = "", depends = "", conflicts = "";
        var size = -1L;
        var allowsAny = false;
        var priority = 3;
        while (reader.NextField())
        {
            // The first letter and the length tell the few fields wanted from the many that are not.
            switch (reader.Name[0] | 0x20)
            {
                case 'p' when reader.Is("Package"u8): name = reader.Text; break;
                case 'p' when reader.Is("Provides"u8): provides = reader.Text; break;
                case 'p' when reader.Is("Pre-Depends"u8): depends = Join(depends, reader.Text); break;
                case 'p' when reader.Is("Priority"u8): priority = Math.Max(0, Array.IndexOf(Priorities, reader.Text)); break;
                case 'v' when reader.Is("Version"u8): version = reader.Text; break;
                case 'a' when reader.Is("Architecture"u8): architecture = ArchitectureName(reader.Value); break;
                case 'd' when reader.Is("Depends"u8): depends = Join(depends, reader.Text); break;
                case 'b' when reader.Is("Breaks"u8): conflicts = Join(conflicts, reader.Text); break;
                case 'c' when reader.Is("Conflicts"u8): conflicts = Join(conflicts, reader.Text); break;
                case 'f' when reader.Is("Filename"u8): file = reader.Text; break;
                case 'm' when reader.Is("Multi-Arch"u8): allowsAny = reader.Value.SequenceEqual("allowed"u8); break;
                case 's' when reader.Is("SHA256"u8): sha256 = reader.Text; break;
                case 's' when reader.Is("Size"u8):
                    size = Utf8Parser.TryParse(reader.Value, out long bytes, out var used) && used == reader.Value.Length ? bytes : -1;
                    break;
                default: break;
            }
        }

        if (name.Length == 0) throw new FormatException("a paragraph names no package");
        if (!DebianVersion.TryParse(version, out var parsed)) throw new FormatException($"{name} has the version `{version}`");
        if (architecture.Length == 0) throw new FormatException($"{name} {version} names no architecture");
        if (!IsPoolPath(file)) throw new FormatException($"{name} {version} has the file name `{file}`");
        if (size < 0) throw new FormatException($"{name} {version} has no size");
        if (!Sha256Hex.IsValid(sha256)) throw new FormatException($"{name} {version} has the SHA-256 `{sha256}`");
        return new PackageRecord
        {
            Name = name,
            Version = parsed,
            Architecture = architecture,
            Suite = suite,
            File = file,
            Size = size,
            Sha256 = sha256,
            Depends = depends,
            Provides = provides,
            Conflicts = conflicts,
            AllowsAny = allowsAny,
            Priority = priority,
        };
    }

    /// <summary>Whether a path stays below the archive it is relative to.</summary>
    internal static bool IsPoolPath(string path) =>
        path.Length > 0 && path.All(static c => c is > ' ' and not ('\\' or '?' or '#'))
        && path.Split('/').All(static part => part is not ("" or "." or ".."));

    private static string ArchitectureName(ReadOnlySpan<byte> value) =>
        value.SequenceEqual("all"u8) ? "all" : value.SequenceEqual("amd64"u8) ? "amd64" : value.SequenceEqual("arm64"u8) ? "arm64"
        : Encoding.UTF8.GetString(value);

    private static string Join(string first, string second) => first.Length == 0 ? second : $"{first}, {second}";
}
