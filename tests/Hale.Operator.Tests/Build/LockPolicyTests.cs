using Hale.Store.Lock;

namespace Hale.Operator.Tests.Build;

public sealed class LockPolicyTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    private string[] Offline()
    {
        scratch.Write("activator/bin/hale-activator", "#!/bin/sh\n");
        scratch.Write("runtime/version", "10\n");
        return ["--override", $"hale-activator={scratch.At("activator")}", "--override", $"dotnet-runtime={scratch.At("runtime")}"];
    }

    private Task<CommandRun> RunAsync(Packaged module, params string[] args) =>
        CommandRun.OfAsync(
            Samples.Fleet(Samples.Host("one", module)), [.. args, .. Offline()], scratch.At("cache"), scratch.At("fleet.cs"));

    private const string ForAnotherRequest = """
        {
          "version": 1,
          "entries": {
            "debian/tools/amd64": {
              "request": { "packages": [{ "name": "something-else" }], "suites": ["trixie"], "architecture": "amd64" },
              "content": { "suites": [], "packages": [] }
            }
          }
        }

        """;

    [Fact]
    public async Task A_lock_made_for_another_request_is_refused_with_the_command_that_renews_it()
    {
        scratch.Write("hale.lock", ForAnotherRequest);
        var run = await RunAsync(new Packaged("tools", "netbase"), "build");
        Assert.Equal(1, run.Exit);
        Assert.Contains(
            "debian/tools/amd64 was locked for another request than fleet.cs makes now.\n  hint: Renew it: hale update tools", run.Error,
            StringComparison.Ordinal);
        Assert.Equal(ForAnotherRequest, File.ReadAllText(scratch.At("hale.lock")));
    }

    [Fact]
    public async Task A_check_names_every_entry_that_a_build_would_refuse()
    {
        scratch.Write("hale.lock", ForAnotherRequest.Replace("""
                "debian/tools/amd64": {
            """, """
                "dotnet/runtime/amd64": { "request": { "architecture": "m68k" }, "content": {} },
                "debian/tools/amd64": {
            """, StringComparison.Ordinal));
        var run = await RunAsync(new Packaged("tools", "netbase"), "check");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Contains("debian/tools/amd64 was locked for another request than fleet.cs makes now.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("dotnet/runtime/amd64 was locked for another request than fleet.cs makes now.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("hale update tools", run.Error, StringComparison.Ordinal);

        scratch.Write("hale.lock", "{ \"version\": 1,\n  \"entries\": oops }");
        Assert.Contains($"{scratch.At("hale.lock")}:2:", (await RunAsync(new Packaged("tools", "netbase"), "check")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_locked_yet_fails_a_check_with_locked_alone()
    {
        Assert.Equal(0, (await RunAsync(new Packaged("tools", "netbase"), "check")).Exit);
        var run = await RunAsync(new Packaged("tools", "netbase"), "check", "--locked");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Contains("has no entry debian/tools/amd64, and --locked forbids to add one.", run.Error, StringComparison.Ordinal);
        Assert.Contains("has no entry dotnet/runtime/amd64", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_locked_nothing_is_added()
    {
        var run = await RunAsync(new Packaged("tools", "netbase"), "build", "--locked");
        Assert.Equal(1, run.Exit);
        Assert.Contains("has no entry debian/tools/amd64, and --locked forbids to add one.", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(scratch.At("hale.lock")));
    }

    [Fact]
    public async Task A_damaged_lock_is_refused_with_its_place()
    {
        scratch.Write("hale.lock", "{ \"version\": 1,\n  \"entries\": oops }");
        var run = await RunAsync(new Packaged("tools", "netbase"), "build");
        Assert.Equal(1, run.Exit);
        Assert.Contains($"{scratch.At("hale.lock")}:2:", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_locked_yet_is_locked_told_and_written_and_an_update_shows_old_and_new_versions()
    {
        var run = await RunAsync(new Packaged("tools", "netbase"), "build");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Single(run.Out.Split('\n'), line => line.StartsWith("locked debian/tools/amd64: ", StringComparison.Ordinal));
        var locked = File.ReadAllText(scratch.At("hale.lock"));
        Assert.Contains("debian/tools/amd64", locked, StringComparison.Ordinal);

        var again = await RunAsync(new Packaged("tools", "netbase"), "build", "--locked");
        Assert.Equal((0, locked), (again.Exit, File.ReadAllText(scratch.At("hale.lock"))));

        // As if the archive had moved on since.
        var version = System.Text.RegularExpressions.Regex.Match(
            locked, "\"name\": \"netbase\",[^}]*\"version\": \"([^\"]+)\"").Groups[1].Value;
        Assert.NotEmpty(version);
        scratch.Write("hale.lock", locked.Replace($"\"version\": \"{version}\"", "\"version\": \"0.1\"", StringComparison.Ordinal));
        var update = await RunAsync(new Packaged("tools", "netbase"), "update", "tools");
        Assert.True(update.Exit == 0, update.ToString());
        Assert.Contains($"debian/tools/amd64: netbase 0.1 → {version}\n", update.Out, StringComparison.Ordinal);
        Assert.Equal(locked, File.ReadAllText(scratch.At("hale.lock")));
        Assert.Contains(
            "hale.lock is up to date", (await RunAsync(new Packaged("tools", "netbase"), "update", "tools")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failed_update_writes_nothing_and_names_the_package()
    {
        var run = await RunAsync(new Packaged("tools", "no-such-package-anywhere"), "update", "tools");
        Assert.Equal(1, run.Exit);
        Assert.Contains("no-such-package-anywhere", run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(scratch.At("hale.lock")));
    }

    [Fact]
    public async Task An_update_of_an_unknown_source_names_the_nearest()
    {
        var run = await RunAsync(new Packaged("tools", "netbase"), "update", "tolls");
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Contains("Did you mean tools?", run.Error, StringComparison.Ordinal);
    }
}
