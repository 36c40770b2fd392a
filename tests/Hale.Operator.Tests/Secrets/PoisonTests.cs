using System.Diagnostics;
using System.Text;

namespace Hale.Operator.Tests.Secrets;

/// <summary>A planted value is looked for everywhere it must not be: files, arguments, environments, while commands run and afterwards.</summary>
public sealed class PoisonTests : IDisposable
{
    private readonly string poison = $"poison-{Guid.NewGuid():n}";
    private readonly SecretsBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task A_value_is_in_no_file_argument_or_environment_while_it_is_set()
    {
        await bench.DoneAsync("secrets", "init");
        using var hale = bench.Start("secrets", "set", "secrets.yaml", "key");
        // Half of it is there, and the command waits for the rest.
        await hale.StandardInput.WriteAsync(poison);
        await hale.StandardInput.FlushAsync();
        await Task.Delay(500);
        Assert.False(hale.HasExited);
        Assert.Empty(Found());
        hale.StandardInput.Close();
        Assert.True(hale.WaitForExit(20_000));
        Assert.Equal(0, hale.ExitCode);
        Assert.Empty(Found());
        Assert.DoesNotContain(poison, await hale.StandardOutput.ReadToEndAsync() + await hale.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(poison, await bench.DoneAsync("secrets", "get", "secrets.yaml", "key"));
    }

    [Fact]
    public async Task A_value_is_in_no_file_argument_or_environment_while_it_is_edited()
    {
        await bench.DoneAsync("secrets", "init");
        await bench.SetAsync("secrets.yaml", "key", poison);
        bench.Editor($"touch {bench.Scratch.At("open")}; tries=0; while [ ! -e {bench.Scratch.At("go")} ] && [ $tries -lt 400 ]; do tries=$((tries + 1)); sleep 0.05; done; echo 'more: {poison[..7]}' >> \"$1\"");
        // The script itself names no more than a part of the value.
        using var hale = bench.Start("secrets", "edit", "secrets.yaml");
        for (var start = Stopwatch.GetTimestamp(); !File.Exists(bench.Scratch.At("open")); await Task.Delay(20))
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "the editor did not start");
        Assert.Empty(Found());
        bench.Scratch.Write("go", "");
        Assert.True(hale.WaitForExit(20_000));
        Assert.Equal(0, hale.ExitCode);
        Assert.Empty(Found());
    }

    [Fact]
    public void The_search_would_find_it()
    {
        Assert.Empty(Found());
        bench.Scratch.Write("tmp/deep/leak", $"x{poison}y");
        using var argument = Process.Start(new ProcessStartInfo("sleep", ["30"]) { Environment = { ["LEAK"] = poison } })!;
        using var variable = Process.Start("sh", ["-c", "sleep 30; :", poison]);
        for (var tries = 0; Found().Count < 3 && tries < 100; tries++)
            Thread.Sleep(20);
        var found = Found();
        argument.Kill();
        variable.Kill(entireProcessTree: true);
        Assert.Contains(found, place => place.EndsWith("tmp/deep/leak", StringComparison.Ordinal));
        Assert.Contains($"/proc/{argument.Id}/environ", found);
        Assert.Contains($"/proc/{variable.Id}/cmdline", found);
    }

    /// <summary>Everywhere that it is: below the folders of the test (fleet, home, cache, temporary files), and in any process.</summary>
    private List<string> Found()
    {
        var needle = Encoding.UTF8.GetBytes(poison);
        var files = Directory.EnumerateFiles(bench.Scratch.Folder, "*", SearchOption.AllDirectories);
        var processes = Directory.EnumerateDirectories("/proc").Where(folder => Path.GetFileName(folder).All(char.IsAsciiDigit))
            .SelectMany(folder => (string[])[$"{folder}/cmdline", $"{folder}/environ"]);
        return [.. files.Concat(processes).Where(Holds)];

        bool Holds(string file)
        {
            try
            {
                return File.ReadAllBytes(file).AsSpan().IndexOf(needle) >= 0;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false; // A process that has ended.
            }
        }
    }
}
