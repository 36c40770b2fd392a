using System.Diagnostics;
using System.Runtime.CompilerServices;
using Hale.Store.Dotnet;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Store.Tests.Dotnet;

public sealed class DotnetSourceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hale-dotnet-test-").FullName;

    private static string Architecture { get; } = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    public void Dispose()
    {
        Process.Start("chmod", ["-R", "u+w", folder]).WaitForExit();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_program_published_from_two_folders_is_one_store_path_and_starts_on_the_locked_runtime()
    {
        using var store = LocalStore.Open(Path.Combine(folder, "cache"));
        var source = new DotnetSource(store);
        var locked = await source.LockAsync(new DotnetRequest { Architecture = Architecture });

        var one = await source.ProgramAsync("greeter", MakeProject("one"), locked);
        using var other = LocalStore.Open(Path.Combine(folder, "other"));
        var two = await new DotnetSource(other).ProgramAsync("greeter", MakeProject("two"), locked);
        var runtime = await source.RuntimeAsync(locked);

        Assert.Equal(one.Path, two.Path);
        Assert.Equal($"hello from {locked.Version}\n", Run(Path.Combine(store.Real(one.Path), "bin", "greeter"), store.Real(runtime.Path)));
        Assert.Empty(one.References);
    }

    [Fact]
    public async Task Where_its_compiler_cannot_be_had_a_program_is_portable_until_it_can()
    {
        using var store = LocalStore.Open(Path.Combine(folder, "cache"));
        var said = new List<string>();
        var source = new DotnetSource(store) { Report = said.Add };
        var locked = await source.LockAsync(new DotnetRequest { Architecture = Architecture });
        var runtime = await source.RuntimeAsync(locked);
        var project = MakeProject("ahead");
        File.WriteAllText(Path.Combine(project, "Greeter.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <PropertyGroup Condition="'$(HaleRuntime)' != ''">
                <RuntimeIdentifier>$(HaleRuntime)</RuntimeIdentifier><SelfContained>false</SelfContained><PublishReadyToRun>true</PublishReadyToRun>
              </PropertyGroup>
            </Project>
            """);

        // A network that is down, and then one without the package.
        PathInfo portable;
        using (new Packages(folder, "https://127.0.0.1:9/v3/index.json"))
            portable = await source.ProgramAsync("greeter", project, locked);
        using (new Packages(folder, folder))
            Assert.Equal(portable.Path, (await source.ProgramAsync("greeter", project, locked)).Path);
        Assert.Equal(2, said.Count(line => line.StartsWith("greeter is not compiled ahead of time", StringComparison.Ordinal)));
        Assert.Equal($"hello from {locked.Version}\n", Run(Path.Combine(store.Real(portable.Path), "bin", "greeter"), store.Real(runtime.Path)));

        // The same sources once it is there; and that stays, without a network too.
        var ahead = await source.ProgramAsync("greeter", project, locked);
        Assert.NotEqual(portable.Path, ahead.Path);
        Assert.True(Size(ahead) > Size(portable));
        said.Clear();
        using (new Packages(folder, folder))
            Assert.Equal(ahead.Path, (await source.ProgramAsync("greeter", project, locked)).Path);
        Assert.Empty(said);

        long Size(PathInfo program) => new FileInfo(Path.Combine(store.Real(program.Path), "lib", "Greeter.dll")).Length;
    }

    [Fact]
    public async Task A_package_that_is_not_the_locked_one_is_refused()
    {
        using var store = LocalStore.Open(Path.Combine(folder, "cache"));
        var source = new DotnetSource(store);
        var locked = await source.LockAsync(new DotnetRequest { Architecture = Architecture });
        var damaged = locked with { Packages = [locked.Packages[0] with { Sha512 = new string('a', 128) }, .. locked.Packages.Skip(1)] };

        var error = await Assert.ThrowsAsync<UserError>(() => source.RuntimeAsync(damaged));

        Assert.Contains("but the lock says aaaa", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_does_not_compile_shows_the_compilers_words()
    {
        using var store = LocalStore.Open(Path.Combine(folder, "cache"));
        var source = new DotnetSource(store);
        var locked = await source.LockAsync(new DotnetRequest { Architecture = Architecture });
        var project = MakeProject("broken");
        var program = Path.Combine(project, "Program.cs");
        File.WriteAllText(program, "int wrong = \"text\";\n" + File.ReadAllText(program));

        var error = await Assert.ThrowsAsync<UserError>(() => source.ProgramAsync("greeter", project, locked));

        Assert.Contains("CS0029", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_a_project_is_told()
    {
        using var store = LocalStore.Open(Path.Combine(folder, "cache"));
        var locked = new DotnetLock { Version = "10.0.0", Packages = [] };

        var error = await Assert.ThrowsAsync<UserError>(() => new DotnetSource(store).ProgramAsync("nothing", folder, locked));

        Assert.StartsWith("There is no project in", error.Message, StringComparison.Ordinal);
    }

    private string MakeProject(string name)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, name, "Greeter")).FullName;
        File.WriteAllText(Path.Combine(project, "Greeter.csproj"), """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
            </Project>
            """);
        // A source-generated expression: generators write paths into what they generate.
        File.WriteAllText(Path.Combine(project, "Program.cs"), """
            System.Console.WriteLine(Words.Space().Replace($"hello  from {System.Environment.Version}", " "));
            static partial class Words
            {
                [System.Text.RegularExpressions.GeneratedRegex(" +")]
                public static partial System.Text.RegularExpressions.Regex Space();
            }

            """);
        return project;
    }

    private static string Run(string program, string runtime, [CallerMemberName] string test = "")
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_ROOT"] = runtime;
        start.Environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        var errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(30_000) && process.ExitCode == 0, $"{test}: {errors}");
        return output;
    }

    /// <summary>For as long as it lives, NuGet has no packages but those of a source, as MSBuild takes it from the environment, and tries once.</summary>
    private sealed class Packages : IDisposable
    {
        private readonly List<(string Name, string? Was)> changed = [];

        public Packages(string folder, string source)
        {
            Set("RestoreSources", source);
            Set("RestorePackagesPath", Path.Combine(folder, "packages"));
            Set("NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT", "1");
        }

        public void Dispose()
        {
            foreach (var (name, was) in changed)
                Environment.SetEnvironmentVariable(name, was);
        }

        private void Set(string name, string value)
        {
            changed.Add((name, Environment.GetEnvironmentVariable(name)));
            Environment.SetEnvironmentVariable(name, value);
        }
    }
}
