using System.Runtime.CompilerServices;

namespace Hale.Operator.Tests;

/// <summary>Compares with a readable file; HALE_UPDATE_GOLDEN=1 writes it anew, for a person to review.</summary>
internal static class Golden
{
    public static void Matches(string name, string actual, [CallerFilePath] string caller = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(caller)!, "..", "Golden", name);
        if (Environment.GetEnvironmentVariable("HALE_UPDATE_GOLDEN") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"The golden {name} is missing; run once with HALE_UPDATE_GOLDEN=1 and review it.");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
