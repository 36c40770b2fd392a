using System.Text;
using Hale.Launcher.Find;
using Hale.Operator;

namespace Hale.Launcher.Compile;

/// <summary>
/// Compiles a fleet with the SDK's compiler directly: a third of a second while the compiler's server is warm, where MSBuild
/// takes two. The server is the SDK's own; it ends by itself when it has had nothing to do for a while.
/// </summary>
internal static class CscCompiler
{
    /// <summary>Compiles into <c>fleet.dll</c>.</summary>
    /// <exception cref="RefusedException">It does not compile.</exception>
    public static void Compile(FleetSources sources, DotnetSdk sdk, string folder, Surroundings surroundings)
    {
        var globals = Path.Combine(folder, "Globals.cs");
        File.WriteAllText(globals, FleetGlobals.Source);
        var response = new StringBuilder();
        foreach (var option in (string[])[
            "-nologo", "-nostdlib+", "-target:exe", $"-out:\"{Path.Combine(folder, "fleet.dll")}\"", "-features:FileBasedProgram",
                "-deterministic+",
            "-debug:embedded", "-optimize-", "-langversion:latest", "-nullable:enable", "-utf8output", "-fullpaths", "-preferreduilang:en",
                "-nowarn:CS1701,CS1702"])
            response.Append(option).Append('\n');
        foreach (var reference in sdk.References.Concat(FleetGlobals.Assemblies))
            response.Append($"-r:\"{reference}\"\n");
        response.Append($"\"{globals}\"\n");
        foreach (var file in sources.Files)
            response.Append($"\"{file}\"\n");
        var responseFile = Path.Combine(folder, "fleet.rsp");
        File.WriteAllText(responseFile, response.ToString());

        string[] server = Environment.GetEnvironmentVariable("HALE_COMPILER_SERVER") == "off" ? [] : ["-shared"];
        var (exit, output) = Child.Run(sdk.Program, ["exec", sdk.Compiler, "-noconfig", .. server, $"@{responseFile}"], folder);
        CompilerOutput.Tell(exit, output, one => one, surroundings);
    }
}
