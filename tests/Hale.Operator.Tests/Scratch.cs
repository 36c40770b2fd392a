namespace Hale.Operator.Tests;

/// <summary>A folder of a test's own, gone after it.</summary>
public sealed class Scratch : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("hale-test-").FullName;

    public string At(params string[] parts) => Path.Combine([Folder, .. parts]);

    /// <summary>Writes a file, with its folders; its path.</summary>
    public string Write(string path, string content)
    {
        var file = At(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        return file;
    }

    public void Dispose() => Hale.Store.Nar.Trees.Delete(Folder);
}
