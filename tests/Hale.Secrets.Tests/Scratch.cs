namespace Hale.Secrets.Tests;

/// <summary>A folder of one test's own, gone after it.</summary>
internal sealed class Scratch : IDisposable
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal string Root { get; } = Directory.CreateTempSubdirectory("hale-test-").FullName;

    /// <summary>A path below the folder.</summary>
    internal string this[string relative] => Path.Combine(Root, relative);

    /// <summary>Writes a file below the folder, 0600 unless said otherwise, and gives its path.</summary>
    internal string Write(string relative, string text, UnixFileMode mode = Private)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        File.WriteAllText(this[relative], text);
        File.SetUnixFileMode(this[relative], mode);
        return this[relative];
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
