using Hale.Lab;
using Hale.Store;

namespace Lab.Tests;

/// <summary>A test that boots machines. Where this computer cannot, it is skipped aloud; on CI it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LabFactAttribute : FactAttribute
{
    public LabFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") return;
        try
        {
            LabRequirements.Check();
        }
        catch (UserError e)
        {
            Skip = e.ToString();
            Console.Error.WriteLine($"SKIPPED, NO LAB: {e}");
        }
    }
}
