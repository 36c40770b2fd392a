using System.Diagnostics;
using System.Reflection;
using Hale.Catalogue.Tests;

namespace Hale.Catalogue.Tests
{
    /// <summary>
    /// Loads examples/NAME/fleet.cs itself: compiled by the SDK's compiler as a program, with a <c>HaleCommand</c> that hands the fleet
    /// to the test.
    /// </summary>
    internal static class Example
    {
        private const string GlobalUsings = """
            global using System;
            global using System.Collections.Generic;
            global using System.Linq;
            global using System.Threading.Tasks;
            global using Hale.Catalogue;
            global using Hale.Catalogue.Tests.Commands;
            global using Hale.Contribute;
            global using Hale.Declare;
            global using Hale.Evaluate;
            global using Hale.Produce;
            """;

        public static async Task<Fleet> LoadAsync(string name)
        {
            var folder = Directory.CreateTempSubdirectory("hale-example-");
            try
            {
                var program = Compile(name, folder.FullName);
                var caught = new TaskCompletionSource<Fleet>();
                using var _ = Commands.HaleCommand.Catch(caught);
                var entry = Assembly.Load(await File.ReadAllBytesAsync(program)).EntryPoint!;
                var result = entry.Invoke(null, [Array.Empty<string>()]);
                Assert.Equal(0, result is Task<int> task ? await task : (int)result!);
                return await caught.Task.WaitAsync(TimeSpan.FromSeconds(1));
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        }

        private static string Compile(string name, string folder)
        {
            var usings = Path.Combine(folder, "Usings.cs");
            File.WriteAllText(usings, GlobalUsings);
            var output = Path.Combine(folder, "fleet.dll");
            var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
                .Where(path => Path.GetFileName(path) is var file && (file.StartsWith("System.", StringComparison.Ordinal) || file.StartsWith("Hale", StringComparison.Ordinal) || file == "netstandard.dll" || path == typeof(Example).Assembly.Location))
                .Select(path => $"-reference:{path}");
            var sdk = Path.GetDirectoryName(Run("dotnet", ["--list-sdks"]).Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]
                .Split(' ', 2) is [var version, var root] ? Path.Combine(root.Trim('[', ']'), version, "x") : "")!;
            Run("dotnet",
            [
                "exec", Path.Combine(sdk, "Roslyn", "bincore", "csc.dll"), "-nologo", "-target:exe", "-nullable:enable", "-langversion:latest",
                "-warnaserror", $"-out:{output}", .. references, usings, Repository.At("examples", name, "fleet.cs"),
            ]);
            return output;
        }

        private static string Run(string program, IEnumerable<string> arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, output);
            return output;
        }
    }
}

namespace Hale.Catalogue.Tests.Commands
{
    /// <summary>Stands where an example calls the command line, and catches the fleet.</summary>
    public static class HaleCommand
    {
        private static readonly AsyncLocal<TaskCompletionSource<Fleet>?> Waiting = new();

        /// <summary>What the last line of fleet.cs calls.</summary>
        public static Task<int> RunAsync(string[] args, Fleet fleet)
        {
            Waiting.Value!.SetResult(fleet);
            return Task.FromResult(args.Length);
        }

        internal static IDisposable Catch(TaskCompletionSource<Fleet> caught)
        {
            Waiting.Value = caught;
            return new Release();
        }

        private sealed class Release : IDisposable
        {
            public void Dispose() => Waiting.Value = null;
        }
    }
}
