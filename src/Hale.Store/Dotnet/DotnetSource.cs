using System.Globalization;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Store.Dotnet;

/// <summary>
/// .NET programs as store paths: the runtime, one path for each architecture, shared by the activator and every service; and programs from
/// source, published portable, whose <c>bin/NAME</c> starts with <c>DOTNET_ROOT</c> set to the runtime's path.
/// </summary>
public sealed class DotnetSource
{
    /// <summary>Changes whenever the same input would be laid out in another way.</summary>
    private const int LayoutVersion = 1;

    /// <summary>What NuGet and the SDK say where a package is not to be had: there is none, none of that version, or no network.</summary>
    private static readonly string[] WithoutCompiler = ["NU1100", "NU1101", "NU1102", "NU1103", "NU1301", "NETSDK1094"];

    private readonly LocalStore store;

    /// <summary>Opens the source on a store.</summary>
    public DotnetSource(LocalStore store) => this.store = store;

    /// <summary>Hears what takes long. Called from any thread.</summary>
    public Action<string>? Report { get; init; }

    /// <summary>Pins the runtime that this computer's SDK brings along.</summary>
    /// <exception cref="UserError">There is no SDK, or NuGet does not have the packages for this architecture.</exception>
    public async Task<DotnetLock> LockAsync(DotnetRequest request, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var scratch = new Scratch();
        Report?.Invoke($"pinning the .NET runtime for {request.Architecture}");
        var version = await RuntimePackages.NewestAsync(scratch.Folder, cancellation).ConfigureAwait(false);
        var ids = RuntimePackages.Ids(request.Architecture);
        var files = await RuntimePackages.FetchAsync(version, ids, scratch.Folder, cancellation).ConfigureAwait(false);
        var packages = new List<LockedNuGet>();
        foreach (var (id, file) in ids.Zip(files))
            packages.Add(new LockedNuGet { Id = id, Sha512 = await RuntimePackages.HashAsync(file, cancellation).ConfigureAwait(false) });
        return new DotnetLock { Version = version, Packages = packages };
    }

    /// <summary>The runtime as a store path.</summary>
    /// <exception cref="UserError">A package cannot be had, or is not the one that was locked.</exception>
    public async Task<PathInfo> RuntimeAsync(DotnetLock locked, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(locked);
        var key = Key("runtime", locked);
        if (store.Realised(key) is { } known)
            return known;
        Report?.Invoke($"laying out the .NET runtime {locked.Version}");
        var files = await VerifiedAsync(locked, cancellation).ConfigureAwait(false);
        var info = await Task.Run(() => store.Add("dotnet-runtime-" + locked.Version, folder => RuntimeLayout.Make(folder, locked.Version, files[0], files[1])), cancellation)
            .ConfigureAwait(false);
        store.Remember(key, info.Path);
        return info;
    }

    /// <summary>
    /// Publishes a program, unless its sources are those of a time before. One that asks for it (<c>HaleRuntime</c> in its project) is compiled
    /// ahead of time, and where the compiler for that cannot be had, it is portable: that works as well, and starts slower. The two are known
    /// apart, so that it is compiled ahead of time as soon as the compiler is there.
    /// </summary>
    /// <param name="name">The name of the program: <c>bin/NAME</c> in the store path <c>HASH-NAME</c>.</param>
    /// <param name="project">Its .csproj, or the folder of it.</param>
    /// <param name="locked">The runtime that it will run on; the host program comes from it.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="UserError">The project does not compile; the message holds the compiler's own words.</exception>
    public async Task<PathInfo> ProgramAsync(string name, string project, DotnetLock locked, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(locked);
        var file = ProgramSources.ProjectFile(project);
        var runtime = RuntimePackages.Runtime(locked);
        if (!AsksForRuntime(file))
            return await PublishedAsync(name, file, "", locked, cancellation).ConfigureAwait(false);
        try
        {
            return await PublishedAsync(name, file, runtime, locked, cancellation).ConfigureAwait(false);
        }
        catch (UserError error) when (WithoutCompiler.Any(code => error.Message.Contains(code, StringComparison.Ordinal)))
        {
            Report?.Invoke($"{name} is not compiled ahead of time, because the compiler for {runtime} cannot be had from NuGet: it starts slower");
            return await PublishedAsync(name, file, "", locked, cancellation).ConfigureAwait(false);
        }
    }

    /// <param name="name">The name of the program.</param>
    /// <param name="project">Its .csproj.</param>
    /// <param name="ahead">What it is compiled ahead of time for; empty for portable.</param>
    /// <param name="locked">The runtime that it will run on.</param>
    /// <param name="cancellation">Stops the work.</param>
    private async Task<PathInfo> PublishedAsync(string name, string project, string ahead, DotnetLock locked, CancellationToken cancellation)
    {
        var key = Key($"program\n{name}\n{ProgramSources.Hash(project)}\n{Environment.Version.ToString(2)}\n{(ahead.Length > 0 ? ahead : "portable")}", locked);
        if (store.Realised(key) is { } known)
            return known;
        Report?.Invoke($"publishing {name}");
        var packages = await VerifiedAsync(locked, cancellation).ConfigureAwait(false);
        using var scratch = new Scratch();
        var output = Path.Combine(scratch.Folder, "out");
        await PublishAsync(name, project, output, scratch.Folder, ahead, cancellation).ConfigureAwait(false);
        var settings = Directory.GetFiles(output, "*.runtimeconfig.json");
        if (settings.Length != 1)
            throw new UserError($"{Path.GetFileName(project)} is not a program.", "Give it <OutputType>Exe</OutputType>.");
        var program = Path.GetFileName(settings[0]).Replace(".runtimeconfig.json", ".dll", StringComparison.Ordinal);
        var info = store.Add(name, folder => Arrange(folder, output, name, RuntimeLayout.Host(packages[2], $"../lib/{program}")));
        store.Remember(key, info.Path);
        return info;
    }

    private static Task<string> PublishAsync(string name, string project, string output, string scratch, string ahead, CancellationToken cancellation) =>
        DotnetCommand.RunAsync(
            $"Publishing {name}",
            $"Mend {Path.GetFileName(project)}; `dotnet build` there shows the same.",
            [
                "publish", project, "--configuration", "Release", "--output", output, "--artifacts-path", Path.Combine(scratch, "obj"), "-v", "quiet", "-nologo",
                "-p:UseAppHost=false", "-p:DebugType=none", "-p:GenerateDocumentationFile=false", "-p:ContinuousIntegrationBuild=true", "-p:Deterministic=true",
                "-p:NuGetAudit=false", "-p:IncludeSourceRevisionInInformationalVersion=false", "-p:SatelliteResourceLanguages=en", $"-p:HaleRuntime={ahead}",
                // The same bytes from any folder: what the compiler writes of paths is written as if from here.
                $"-p:PathMap={ProgramSources.CommonFolder(project)}=/source%2C{scratch}=/build",
            ],
            Path.GetDirectoryName(project)!,
            cancellation);

    private static bool AsksForRuntime(string project) => File.ReadAllText(project).Contains("$(HaleRuntime)", StringComparison.Ordinal);

    private static void Arrange(string folder, string output, string name, byte[] host)
    {
        Directory.CreateDirectory(Path.Combine(folder, "bin"));
        foreach (var file in Directory.EnumerateFiles(output, "*", SearchOption.AllDirectories))
        {
            var place = Path.Combine(folder, "lib", Path.GetRelativePath(output, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Copy(file, place);
            File.SetUnixFileMode(place, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        var start = Path.Combine(folder, "bin", name);
        File.WriteAllBytes(start, host);
        File.SetUnixFileMode(start, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static async Task<IReadOnlyList<string>> VerifiedAsync(DotnetLock locked, CancellationToken cancellation)
    {
        using var scratch = new Scratch();
        var ids = locked.Packages.Select(package => package.Id).ToList();
        var files = await RuntimePackages.FetchAsync(locked.Version, ids, scratch.Folder, cancellation).ConfigureAwait(false);
        foreach (var (package, file) in locked.Packages.Zip(files))
            if (await RuntimePackages.HashAsync(file, cancellation).ConfigureAwait(false) is var hash && hash != package.Sha512)
                throw new UserError(
                    $"{file} has the SHA-512 {hash}, but the lock says {package.Sha512}.",
                    "It is not the package that was locked, and is refused: delete it and try again, or run `hale update dotnet-runtime`.");
        return files;
    }

    private static string Key(string what, DotnetLock locked) =>
        string.Create(CultureInfo.InvariantCulture, $"dotnet\n{LayoutVersion}\n{what}\n{locked.Version}\n{string.Join('\n', locked.Packages.Select(package => package.Sha512))}");

    /// <summary>A folder for files that nobody needs afterwards, with a name that another build of the same would not have.</summary>
    private sealed class Scratch : IDisposable
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("hale-dotnet-").FullName;

        public void Dispose() => Directory.Delete(Folder, recursive: true);
    }
}
