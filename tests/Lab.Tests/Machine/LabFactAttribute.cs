using Hale.Lab;
using Hale.Store;

namespace Lab.Tests;

/// <summary>A test that boots machines. Where this computer cannot, it is skipped aloud; on CI it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LabFactAttribute : FactAttribute
{
    public LabFactAttribute() => Skip = WhyNot();

    /// <summary>Why this computer has no lab; null where it has, and on CI, where that is a failure.</summary>
    internal static string? WhyNot()
    {
        if (Environment.GetEnvironmentVariable("CI") == "true") return null;
        try
        {
            LabRequirements.Check();
            return null;
        }
        catch (UserError e)
        {
            Console.Error.WriteLine($"SKIPPED, NO LAB: {e}");
            return e.ToString();
        }
    }
}

/// <summary>The same for a test with several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LabTheoryAttribute : TheoryAttribute
{
    public LabTheoryAttribute() => Skip = LabFactAttribute.WhyNot();
}
