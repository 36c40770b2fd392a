using System.Security.Cryptography;

namespace Hale.Store.Dotnet;

/// <summary>
/// The NuGet packages that hold the runtime, fetched by <c>dotnet restore</c>, so that the sources and credentials the computer is
/// set up with are the ones that are used. What is used is checked against the lock.
/// </summary>
internal static class RuntimePackages
{
    /// <summary>The packages of an architecture: the runtime, ASP.NET Core, and the host.</summary>
    public static IReadOnlyList<string> Ids(string architecture) =>
    [
        $"Microsoft.NETCore.App.Runtime.linux-{Rid(architecture)}",
        $"Microsoft.AspNetCore.App.Runtime.linux-{Rid(architecture)}",
        $"Microsoft.NETCore.App.Host.linux-{Rid(architecture)}",
    ];

    /// <summary>.NET's own name of what a locked runtime runs on: <c>linux-x64</c>.</summary>
    public static string Runtime(DotnetLock locked) => locked.Packages[0].Id[(locked.Packages[0].Id.LastIndexOf('.') + 1)..];

    /// <summary>.NET's own name of the architecture.</summary>
    public static string Rid(string architecture) => architecture == "amd64" ? "x64" : architecture;

    /// <summary>The version of the runtime that the computer's SDK brings along.</summary>
    public static async Task<string> NewestAsync(string scratch, CancellationToken cancellation)
    {
        var project = WriteProject(scratch, "", []);
        var version = await DotnetCommand.RunAsync(
            "Asking the .NET SDK for its runtime's version",
            "Install the .NET 10 SDK.",
            ["msbuild", project, "-getProperty:BundledNETCoreAppPackageVersion", "-nologo"],
            scratch,
            cancellation).ConfigureAwait(false);
        return version.Trim();
    }

    /// <summary>Fetches the packages that are missing from NuGet's folder, and returns the .nupkg files in the order of the ids.</summary>
    public static async Task<IReadOnlyList<string>> FetchAsync(string version, IReadOnlyList<string> ids, string scratch, CancellationToken cancellation)
    {
        var files = ids.Select(id => Place(id, version)).ToList();
        if (files.All(File.Exists))
            return files;
        var project = WriteProject(scratch, version, ids);
        await DotnetCommand.RunAsync(
            $"Fetching the .NET runtime {version}",
            "Where a package cannot be found, the NuGet sources of this computer do not have it: see `dotnet nuget list source`.",
            ["restore", project, "-v", "quiet", "-nologo", "-p:NuGetAudit=false"],
            scratch,
            cancellation).ConfigureAwait(false);
        return files.All(File.Exists)
            ? files
            : throw new UserError($"NuGet restored the .NET runtime {version}, but {files.First(file => !File.Exists(file))} is not there.", "Set NUGET_PACKAGES to NuGet's package folder.");
    }

    /// <summary>SHA-512 of a file in lower-case hexadecimal digits.</summary>
    public static async Task<string> HashAsync(string file, CancellationToken cancellation)
    {
        await using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(await SHA512.HashDataAsync(stream, cancellation).ConfigureAwait(false));
    }

    private static string Place(string id, string version)
    {
        var folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } own
            ? own
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var name = id.ToLowerInvariant();
        return Path.Combine(folder, name, version, $"{name}.{version}.nupkg");
    }

    private static string WriteProject(string scratch, string version, IReadOnlyList<string> ids)
    {
        var project = Path.Combine(scratch, "runtime.csproj");
        var items = string.Concat(ids.Select(id => $"    <PackageDownload Include=\"{id}\" Version=\"[{version}]\" />\n"));
        File.WriteAllText(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
            {items}  </ItemGroup>
            </Project>
            """);
        return project;
    }
}
