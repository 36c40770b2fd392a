namespace Hale.Catalogue.Tests;

/// <summary>A test that runs Debian's own program. Without mmdebstrap it is skipped aloud; on CI it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class DebianFactAttribute : FactAttribute
{
    public DebianFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") == "true" || File.Exists("/usr/bin/mmdebstrap"))
            return;
        Skip = "mmdebstrap is not installed: apt-get install mmdebstrap";
        Console.Error.WriteLine($"SKIPPED: {Skip}");
    }
}
