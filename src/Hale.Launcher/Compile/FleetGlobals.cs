namespace Hale.Launcher.Compile;

/// <summary>What every fleet.cs can name without saying where it comes from.</summary>
internal static class FleetGlobals
{
    private static readonly string[] Namespaces =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks",
        "Hale.Declare", "Hale.Contribute", "Hale.Produce", "Hale.Evaluate", "Hale.Catalogue", "Hale.Operator",
    ];

    /// <summary>A source file that is compiled with it. The empty namespace keeps the last lines valid whatever the assemblies hold.</summary>
    public static string Source =>
        string.Concat(Namespaces.Select(name => $"global using global::{name};\n")) + "namespace Hale.Catalogue { }\n";

    /// <summary>Hale's own assemblies, which a fleet is compiled against.</summary>
    public static IEnumerable<string> Assemblies =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, "Hale*.dll")
            .Where(path => Path.GetFileNameWithoutExtension(path) is not "Hale.Launcher")
            .Order(StringComparer.Ordinal);
}
