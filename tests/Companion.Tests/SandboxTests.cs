using System.Text.Json;
using Companion.Tools;
using Companion.Tools.Sandbox;

namespace Companion.Tests;

/// <summary>The tools on files, and every way out of the sandbox that we could think of.</summary>
public sealed class SandboxTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SandboxFolder sandbox;
    private readonly FileTools tools;
    private readonly string inside;

    public SandboxTests()
    {
        inside = Directory.CreateDirectory(Path.Combine(folder.Path, "sandbox")).FullName;
        folder.Write("secret", "the secret");
        Directory.CreateDirectory(Path.Combine(folder.Path, "sandbox-twin"));
        folder.Write("sandbox-twin/secret", "the secret");
        Directory.CreateDirectory(Path.Combine(inside, "notes"));
        File.WriteAllText(Path.Combine(inside, "notes", "a.txt"), "hello");
        File.CreateSymbolicLink(Path.Combine(inside, "out"), "../secret");
        File.CreateSymbolicLink(Path.Combine(inside, "absolute"), Path.Combine(folder.Path, "secret"));
        File.CreateSymbolicLink(Path.Combine(inside, "up"), "..");
        File.CreateSymbolicLink(Path.Combine(inside, "chain"), "notes/far");
        File.CreateSymbolicLink(Path.Combine(inside, "notes", "far"), "../../secret");
        File.CreateSymbolicLink(Path.Combine(inside, "good"), "notes/a.txt");
        File.CreateSymbolicLink(Path.Combine(inside, "proc"), "/proc/self/root");
        File.CreateSymbolicLink(Path.Combine(inside, "loop"), "loop");
        File.CreateSymbolicLink(Path.Combine(inside, "new-outside"), "../made");
        sandbox = new SandboxFolder(inside);
        tools = new FileTools(sandbox);
    }

    public void Dispose()
    {
        sandbox.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("notes/../../secret")]
    [InlineData("./../secret")]
    [InlineData("../sandbox-twin/secret")]
    [InlineData("/etc/passwd")]
    [InlineData("//etc/passwd")]
    [InlineData("out")]
    [InlineData("absolute")]
    [InlineData("up/secret")]
    [InlineData("up/up/etc/passwd")]
    [InlineData("chain")]
    [InlineData("proc/etc/passwd")]
    [InlineData("loop")]
    [InlineData("new-outside")]
    [InlineData("/proc/self/environ")]
    [InlineData("")]
    [InlineData("notes/a.txt\0/../../secret")]
    public void No_path_leads_out(string path)
    {
        foreach (var result in (ToolResult[])[Run("fs_read", path), Run("fs_list", path), Run("fs_write", path, "overwritten")])
        {
            Assert.True(result.IsError, result.Text);
            Assert.DoesNotContain("the secret", result.Text, StringComparison.Ordinal);
        }
        Assert.Equal("the secret", File.ReadAllText(Path.Combine(folder.Path, "secret")));
        Assert.Equal("the secret", File.ReadAllText(Path.Combine(folder.Path, "sandbox-twin", "secret")));
        Assert.False(File.Exists(Path.Combine(folder.Path, "made")));
        Assert.False(Directory.Exists(Path.Combine(inside, "etc")) || Directory.Exists(Path.Combine(inside, "proc", "self")));
    }

    [Fact]
    public async Task A_file_and_a_folder_that_are_swapped_for_links_all_the_time_lead_nowhere()
    {
        string At(string name) => Path.Combine(inside, name);
        Directory.CreateDirectory(At("swap"));
        File.WriteAllText(At("swap/secret"), "inside");
        using var done = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
            {
                Directory.Move(At("swap"), At("folder"));
                File.CreateSymbolicLink(At("swap"), "..");
                File.Delete(At("swap"));
                Directory.Move(At("folder"), At("swap"));
                File.CreateSymbolicLink(At("link"), "../secret");
                File.Move(At("link"), At("file"), overwrite: true);
                File.WriteAllText(At("plain"), "inside");
                File.Move(At("plain"), At("file"), overwrite: true);
            }
        });

        for (var count = 0; count < 3_000; count++)
        {
            Assert.DoesNotContain("the secret", Run("fs_read", "swap/secret").Text, StringComparison.Ordinal);
            Assert.DoesNotContain("the secret", Run("fs_read", "file").Text, StringComparison.Ordinal);
            Run("fs_write", "file", "overwritten");
        }

        await done.CancelAsync();
        await swapping;
        Assert.Equal("the secret", File.ReadAllText(Path.Combine(folder.Path, "secret")));
    }

    [Fact]
    public void What_is_written_can_be_read_and_listed()
    {
        Assert.False(Run("fs_write", "deep/er/file.txt", "Grüße").IsError);
        Assert.Equal("Grüße", Run("fs_read", "deep/er/file.txt").Text);
        Assert.False(Run("fs_write", "deep/er/file.txt", "x").IsError);
        Assert.Equal("x", Run("fs_read", "./deep//er/file.txt").Text);
        Assert.Equal("er/", Run("fs_list", "deep").Text);
        Assert.Equal("hello", Run("fs_read", "good").Text);
        Assert.Contains("good@\n", Run("fs_list", ".").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_pipes_big_and_binary_files_are_refused_with_a_reason()
    {
        File.WriteAllBytes(Path.Combine(inside, "binary"), [0xff, 0xfe, 0x00]);
        File.WriteAllBytes(Path.Combine(inside, "big"), new byte[(1 << 20) + 1]);
        using (var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(inside, "pipe")))
            made.WaitForExit();

        Assert.Contains("not a text file", Run("fs_read", "binary").Text, StringComparison.Ordinal);
        Assert.Contains("1048577 bytes", Run("fs_read", "big").Text, StringComparison.Ordinal);
        Assert.Contains("is a folder", Run("fs_read", "notes").Text, StringComparison.Ordinal);
        Assert.True(Run("fs_read", "pipe").IsError);
        Assert.True(Run("fs_write", "pipe", "x").IsError);
        Assert.True(Run("fs_write", "notes", "x").IsError);
        Assert.Contains("1048577 bytes", Run("fs_write", "more", new string('x', (1 << 20) + 1)).Text, StringComparison.Ordinal);
        Assert.Contains("does not exist", Run("fs_read", "missing").Text, StringComparison.Ordinal);
        Assert.Contains("\"path\" must be a string", tools.Run("fs_read", new Dictionary<string, JsonElement>()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_listing_ends_after_two_hundred_entries()
    {
        for (var number = 0; number < 250; number++)
            File.WriteAllText(Path.Combine(inside, "notes", $"{number:000}"), "");

        var lines = Run("fs_list", "notes").Text.Split('\n');

        Assert.Equal(201, lines.Length);
        Assert.Equal("(the first 200 of 252)", lines[^1]);
    }

    private ToolResult Run(string tool, string path, string content = "") =>
        tools.Run(tool, new Dictionary<string, JsonElement>
        {
            ["path"] = JsonSerializer.SerializeToElement(path),
            ["content"] = JsonSerializer.SerializeToElement(content),
        });
}
