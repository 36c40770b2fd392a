using System.Runtime.InteropServices;
using Hale.Store;

namespace Hale.Launcher.Compile;

/// <summary>The .NET SDK beside the runtime that this program runs on.</summary>
/// <param name="Root">The folder of <c>dotnet</c>.</param>
/// <param name="Version">The SDK's version.</param>
internal sealed record DotnetSdk(string Root, string Version)
{
    private const int Major = 10;

    /// <summary>The <c>dotnet</c> program.</summary>
    public string Program => Path.Combine(Root, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    /// <summary>The C# compiler.</summary>
    public string Compiler => Path.Combine(Root, "sdk", Version, "Roslyn", "bincore", "csc.dll");

    /// <summary>The reference assemblies of .NET itself.</summary>
    public IEnumerable<string> References =>
        Directory.EnumerateFiles(
            Path.Combine(
                Newest(Path.Combine(Root, "packs", "Microsoft.NETCore.App.Ref")) ?? throw Missing("its reference assemblies"), "ref",
                $"net{Major}.0"), "*.dll")
            .Order(StringComparer.Ordinal);

    /// <summary>The newest SDK of the right major version.</summary>
    /// <exception cref="UserError">There is a runtime, but no SDK.</exception>
    public static DotnetSdk Find()
    {
        // The runtime lies in ROOT/shared/Microsoft.NETCore.App/VERSION/.
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var sdk = new DotnetSdk(root, Path.GetFileName(Newest(Path.Combine(root, "sdk")) ?? ""));
        return File.Exists(sdk.Compiler) ? sdk : throw sdk.Missing("the compiler");
    }

    private UserError Missing(string what) =>
        new($"There is no {what} of the .NET {Major} SDK in {Root}: a runtime alone cannot compile fleet.cs.",
            $"Install the .NET {Major} SDK: https://dotnet.microsoft.com/download/dotnet/{Major}.0");

    private static string? Newest(string folder) =>
        !Directory.Exists(folder) ? null : Directory.EnumerateDirectories(folder)
            .Where(path => VersionOf(path)?.Major == Major)
            .MaxBy(VersionOf);

    private static System.Version? VersionOf(string path) => System.Version.TryParse(Path.GetFileName(path), out var version) ? version : null;
}
