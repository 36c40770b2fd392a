namespace Hale.Secrets.Tests;

/// <summary>Test data of other people, beside the checkout (HALE_SHARED overrides) and in <c>Vectors/</c>.</summary>
internal static class Shared
{
    /// <summary>A folder of the shared vectors; null, said loudly, where this computer has none. With CI=true that fails.</summary>
    internal static string? Vectors(string name)
    {
        var checkout = Path.Combine(Project(), "..", "..");
        string?[] candidates = [Environment.GetEnvironmentVariable("HALE_SHARED"), Path.Combine(checkout, "../shared"), Path.Combine(checkout, "../../shared")];
        foreach (var candidate in candidates.OfType<string>())
            if (Path.GetFullPath(Path.Combine(candidate, "vectors", name)) is var folder && Directory.Exists(folder))
                return folder;
        Assert.False(
            Environment.GetEnvironmentVariable("CI") == "true", $"shared/vectors/{name} is missing beside the checkout, and CI=true");
        Console.Error.WriteLine($"SKIPPED: shared/vectors/{name} is missing; set HALE_SHARED.");
        return null;
    }

    /// <summary>tests/Hale.Secrets.Tests of this checkout.</summary>
    internal static string Project()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hale.Secrets.Tests.csproj")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not below the test project");
        return folder;
    }
}
