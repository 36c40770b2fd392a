namespace Hale.Store.Tests;

/// <summary>A folder of one test's own, gone after it.</summary>
internal sealed class Scratch : IDisposable
{
    internal string Root { get; } = Directory.CreateTempSubdirectory("hale-test-").FullName;

    /// <summary>A path below the folder.</summary>
    internal string this[string relative] => Path.Combine(Root, relative);

    /// <summary>Writes a file below the folder, with its parents, and gives its path.</summary>
    internal string Write(string relative, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(this[relative])!);
        File.WriteAllText(this[relative], text);
        return this[relative];
    }

    public void Dispose()
    {
        foreach (var folder in Directory.EnumerateDirectories(Root, "*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        }))
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Directory.Delete(Root, recursive: true);
    }
}

/// <summary>Readable expected files, beside the tests in <c>Golden/</c>.</summary>
internal static class Golden
{
    /// <summary>Holds a text against its golden; HALE_GOLDEN=write accepts what is.</summary>
    internal static void Equal(string name, string actual, [System.Runtime.CompilerServices.CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "Golden", name);
        if (Environment.GetEnvironmentVariable("HALE_GOLDEN") == "write")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; HALE_GOLDEN=write makes it");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>tests/Hale.Store.Tests of this checkout.</summary>
    internal static string SourceFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hale.Store.Tests.csproj")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not below the test project");
        return folder;
    }

    /// <summary>The checkout.</summary>
    internal static string Checkout() => Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));
}
