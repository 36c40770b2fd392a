namespace AroundTheAssistant;

/// <summary>Programs for Node in the repository that these tests are of.</summary>
internal static class Scripts
{
    public static string At(params string[] path)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hale.slnx")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine([folder, .. path]);
    }
}
