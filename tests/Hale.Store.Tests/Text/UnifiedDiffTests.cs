using System.Diagnostics;
using Hale.Store.Text;

namespace Hale.Store.Tests.Text;

public sealed class UnifiedDiffTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("a\n", "a\n")]
    public void Equal_texts_have_no_hunk(string old, string @new) => Assert.Empty(UnifiedDiff.Lines(old, @new));

    [Fact]
    public void A_new_text_is_all_added_and_a_missing_line_end_is_told()
    {
        Assert.Equal(["@@ -0,0 +1,2 @@", "+a", "+b"], UnifiedDiff.Lines("", "a\nb\n"));
        Assert.Equal(["@@ -1 +1 @@", "-a", "\\ No newline at end of file", "+a"], UnifiedDiff.Lines("a", "a\n"));
    }

    /// <summary>Each diff, applied by patch(1), gives the other text.</summary>
    [Fact]
    public void Patch_makes_the_new_text_of_the_old_one()
    {
        var random = new Random(7);
        var folder = Directory.CreateTempSubdirectory("hale-diff-").FullName;
        try
        {
            if (Run(folder, "patch", "--version") != 0)
            {
                Assert.NotEqual("true", Environment.GetEnvironmentVariable("CI"));
                Console.WriteLine("SKIPPED: patch is not here");
                return;
            }

            for (var i = 0; i < 60; i++)
            {
                var old = Enumerable.Range(0, random.Next(30)).Select(_ => $"{random.Next(8)}").ToList();
                var changed = old.SelectMany(line => random.Next(6) switch { 0 => [], 1 => [line, "new"], 2 => ["other"], _ => new[] { line } }).ToList();
                var (before, after) = (Text(old), Text(changed));
                File.WriteAllText($"{folder}/file", before);
                File.WriteAllText($"{folder}/diff", $"--- file\n+++ file\n{Text(UnifiedDiff.Lines(before, after))}");
                if (before != after)
                    Assert.Equal(0, Run(folder, "patch", "--quiet", "--posix", "file", "diff"));
                Assert.Equal(after, File.Exists($"{folder}/file") ? File.ReadAllText($"{folder}/file") : "");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private static int Run(string folder, string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true })!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return 127;
        }
    }
}
