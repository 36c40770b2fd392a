using System.Diagnostics;
using System.Runtime.CompilerServices;
using Hale.Store.Dotnet;
using Hale.Store.Local;

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
}
