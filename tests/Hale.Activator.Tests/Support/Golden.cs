namespace Hale.Activator.Tests.Support;

/// <summary>Readable expected files in <c>Golden/</c>; HALE_GOLDEN=write writes them anew, for a person to review.</summary>
internal static class Golden
{
    internal static void Equal(string name, string actual)
    {
        var path = Path.Combine(Folder(), "Golden", name);
        if (Environment.GetEnvironmentVariable("HALE_GOLDEN") == "write")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is missing; HALE_GOLDEN=write makes it");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    internal static string Folder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hale.Activator.Tests.csproj")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not below the test project");
        return folder;
    }
}
