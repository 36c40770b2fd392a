using System.Security;
using System.Text;
using Hale.Launcher.Find;
using Hale.Operator;
using Hale.Operator.Diagnose;

namespace Hale.Launcher.Compile;

/// <summary>Compiles a fleet that asks for packages, projects or properties: MSBuild does it, by a project that is made here.</summary>
internal static class ProjectCompiler
{
    /// <summary>Compiles into <c>fleet.dll</c>, with what it depends on beside it.</summary>
    /// <param name="sources">The fleet.</param>
    /// <param name="sdk">The SDK.</param>
    /// <param name="project">A folder that is kept, so that the next build has less to do.</param>
    /// <param name="folder">Where the result goes.</param>
    /// <param name="surroundings">Where warnings go.</param>
    /// <exception cref="RefusedException">It does not compile, or a package cannot be had.</exception>
    public static void Compile(FleetSources sources, DotnetSdk sdk, string project, string folder, Surroundings surroundings)
    {
        Directory.CreateDirectory(project);
        using var alone = Alone(Path.Combine(project, "lock"));
        File.WriteAllText(Path.Combine(project, "Globals.cs"), FleetGlobals.Source);
        // Nothing of a folder above the cache may have a say.
        foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props"])
            File.WriteAllText(Path.Combine(project, name), "<Project />\n");
        var file = Path.Combine(project, "fleet.csproj");
        File.WriteAllText(file, Project(sources));
        var (exit, output) = Child.Run(sdk.Program, ["build", file, "-nologo", "-v", "quiet", "-clp:NoSummary", "-o", folder], project);
        CompilerOutput.Tell(exit, output, one => one.File == file ? AtDirective(one, sources) : one, surroundings);
    }

    /// <summary>The made project is nobody's business: what is wrong with it comes from a line of fleet.cs.</summary>
    private static Diagnostic AtDirective(Diagnostic diagnostic, FleetSources sources) => diagnostic with
    {
        File = sources.File,
        Line = sources.ForProject.FirstOrDefault(
            one => diagnostic.Message.Contains(one.Value.Split('@')[0], StringComparison.OrdinalIgnoreCase))?.Line ?? 0,
        Column = 0,
    };

    private static FileStream Alone(string path)
    {
        while (true)
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                Thread.Sleep(50);
            }
    }

    private static string Project(FleetSources sources)
    {
        var text = new StringBuilder("""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <AssemblyName>fleet</AssemblyName>
                <Nullable>enable</Nullable>
                <LangVersion>latest</LangVersion>
                <Features>FileBasedProgram</Features>
                <DebugType>embedded</DebugType>
                <UseAppHost>false</UseAppHost>
                <EnableDefaultItems>false</EnableDefaultItems>
                <CopyLocalLockFileAssemblies>true</CopyLocalLockFileAssemblies>
                <SatelliteResourceLanguages>en</SatelliteResourceLanguages>

            """);
        if (NearestNugetConfig(Path.GetDirectoryName(sources.File)!) is { } config)
            text.Append($"    <RestoreConfigFile>{Escape(config)}</RestoreConfigFile>\n");
        foreach (
            var property in sources.ForProject.Where(one => one.Kind == "property").Select(
                one => one.Value.Split('=', 2, StringSplitOptions.TrimEntries)))
            text.Append($"    <{Escape(property[0])}>{Escape(property.ElementAtOrDefault(1) ?? "")}</{Escape(property[0])}>\n");
        text.Append("  </PropertyGroup>\n  <ItemGroup>\n    <Compile Include=\"Globals.cs\" />\n");
        foreach (var file in sources.Files)
            text.Append($"    <Compile Include=\"{Escape(file)}\" />\n");
        foreach (var assembly in FleetGlobals.Assemblies)
            text.Append($"    <Reference Include=\"{Escape(assembly)}\" Private=\"false\" />\n");
        foreach (var directive in sources.ForProject)
            if (directive.Kind == "package")
            {
                var parts = directive.Value.Split('@', 2, StringSplitOptions.TrimEntries);
                text.Append(
                    $"    <PackageReference Include=\"{Escape(parts[0])}\" Version=\"{Escape(parts.ElementAtOrDefault(1) ?? "*")}\" />\n");
            }
            else if (directive.Kind == "project")
                text.Append($"    <ProjectReference Include=\"{Escape(ProjectFile(directive.Value, sources.File))}\" />\n");
        return text.Append("  </ItemGroup>\n</Project>\n").ToString();
    }

    /// <summary>A project may be named by its folder, as for `dotnet run fleet.cs`.</summary>
    private static string ProjectFile(string value, string fleetFile)
    {
        var path = Path.GetFullPath(value, Path.GetDirectoryName(fleetFile)!);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path, "*.*proj").FirstOrDefault(path) : path;
    }

    /// <summary>The project lies in the cache, but NuGet's settings are those of the fleet's folder.</summary>
    private static string? NearestNugetConfig(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (at.EnumerateFiles().FirstOrDefault(
                file => file.Name.Equals("nuget.config", StringComparison.OrdinalIgnoreCase)) is { } file)
                return file.FullName;
        return null;
    }

    private static string Escape(string text) => SecurityElement.Escape(text);
}
