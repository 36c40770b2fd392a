using System.Text.Json;
using Hale.Declare;
using Hale.Produce;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;
using SecretOrigin = Hale.Store.Closure.SecretOrigin;

namespace Hale.Operator.Tests.Build;

public sealed class BuilderTests : IDisposable
{
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    /// <summary>Stand-ins for what would be built and fetched, so that these tests need neither an SDK nor a network.</summary>
    private string[] Offline()
    {
        scratch.Write("activator/bin/hale-activator", "#!/bin/sh\n");
        scratch.Write("runtime/version", "10\n");
        return ["--override", $"hale-activator={scratch.At("activator")}", "--override", $"dotnet-runtime={scratch.At("runtime")}",
            "--locked"];
    }

    private Task<CommandRun> RunAsync(string cache, Fleet fleet, params string[] args) =>
        CommandRun.OfAsync(fleet, [.. args, .. Offline()], scratch.At(cache), scratch.At("fleet.cs"));

    private async Task<JsonElement> BuildAsync(string cache, Fleet fleet)
    {
        var run = await RunAsync(cache, fleet, "build", "--json", "--quiet");
        Assert.True(run.Exit == 0, run.ToString());
        using var document = JsonDocument.Parse(run.Out);
        return document.RootElement.GetProperty("systems")[0].Clone();
    }

    [Fact]
    public async Task The_same_declaration_gives_the_same_system_in_any_cache()
    {
        var first = await BuildAsync("one", Samples.Fleet(Samples.Host("one", new Hello())));
        var second = await BuildAsync("two", Samples.Fleet(Samples.Host("one", new Hello())));
        Assert.Equal(first.GetRawText(), second.GetRawText());
        var other = await BuildAsync("two", Samples.Fleet(Samples.Host("one", new Hello { Greeting = "hi" })));
        Assert.NotEqual(first.GetProperty("system").GetString(), other.GetProperty("system").GetString());
    }

    [Fact]
    public async Task A_system_is_a_tree_whose_manifest_and_links_name_real_paths_all_of_them_references()
    {
        var built = await BuildAsync("one", Samples.Fleet(Samples.Host("one", new Hello())));
        using var store = LocalStore.Open(scratch.At("one"));
        var system = StorePath.Parse(built.GetProperty("system").GetString()!);
        var real = store.Real(system);
        var manifest = JsonSerializer.Deserialize(
            File.ReadAllText(Path.Combine(real, "manifest.json")), ManifestJson.Default.SystemManifest)!;

        Assert.Equal(["hale-gc.service", "hale-gc.timer", "hale-recover.service", "hale-secrets.service", "hello.service"], manifest.Units.Select(unit => unit.Name));
        Assert.Equal(["/etc/hello.d", "/etc/hello.txt"], manifest.Files.Select(file => file.Target));
        Assert.Equal(["8080/tcp"], manifest.Ports);
        Assert.Equal(("hello/token", SecretOrigin.Generated), (manifest.Secrets[0].Name, manifest.Secrets[0].Origin));
        Assert.Equal(("Hello runs", CheckKind.Unit), (manifest.Checks[0].Name, manifest.Checks[0].Kind));
        var hello = manifest.Units.Single(unit => unit.Name == "hello.service");
        Assert.Equal(["hello/token"], hello.Secrets);
        Assert.Equal([manifest.Files[1].Path], hello.RestartTriggers);
        Assert.Equal(hello.Path, new FileInfo(Path.Combine(real, "units", "hello.service")).LinkTarget);
        Assert.Equal(manifest.Files[1].Path, new FileInfo(Path.Combine(real, "etc", "hello.txt")).LinkTarget);

        // The unit names a text that names another: placeholders are gone, and each reference is there.
        var unit = store.Get(StorePath.Parse(hello.Path));
        var argument = Assert.Single(unit.References);
        Assert.Contains($"ExecStart=/usr/bin/sleep infinity {argument}", File.ReadAllText(store.Real(unit.Path)), StringComparison.Ordinal);
        Assert.Equal(manifest.Files[1].Path, Assert.Single(store.Get(argument).References).ToString());
        Assert.Equal(
            store.Closure([system]).Select(path => path.Path.ToString()),
            built.GetProperty("closure").EnumerateArray().Select(path => path.GetString()));
    }

    [Fact]
    public async Task An_override_is_told_loudly_and_stands_in_the_packages()
    {
        var run = await RunAsync("one", Samples.Fleet(Samples.Host("one")), "build", "--json");
        Assert.Contains($"OVERRIDE: hale-activator is taken from {scratch.At("activator")}", run.Error, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(run.Out);
        Assert.Equal(
            $"local folder {scratch.At("activator")}",
            document.RootElement.GetProperty("systems")[0].GetProperty("packages").GetProperty("hale-activator").GetString());
    }

    [Fact]
    public async Task An_override_of_nothing_names_the_nearest_source()
    {
        scratch.Write("x/y", "");
        var run = await RunAsync("one", Samples.Fleet(Samples.Host("one")), "build", "--override", $"hale-activater={scratch.At("x")}");
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Contains("Did you mean hale-activator?", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_folder_is_read_again_when_it_changed()
    {
        var page = scratch.Write("site/index.html", "one");
        var fleet = Samples.Fleet(Samples.Host("one", new Site()));
        var first = await BuildAsync("one", fleet);
        Assert.Equal(first.GetRawText(), (await BuildAsync("one", fleet)).GetRawText());
        File.WriteAllText(page, "two");
        var second = await BuildAsync("one", fleet);
        Assert.NotEqual(first.GetProperty("system").GetString(), second.GetProperty("system").GetString());
        // Old enough to be remembered by its looks, a change of content shows in them too.
        File.SetLastWriteTimeUtc(page, DateTime.UnixEpoch.AddYears(40));
        var third = await BuildAsync("one", fleet);
        Assert.Equal(second.GetProperty("system").GetString(), third.GetProperty("system").GetString());
        File.WriteAllText(page, "three");
        Assert.NotEqual(third.GetProperty("system").GetString(), (await BuildAsync("one", fleet)).GetProperty("system").GetString());
    }

    [Fact]
    public async Task A_local_folder_that_is_not_there_is_named()
    {
        var run = await RunAsync("one", Samples.Fleet(Samples.Host("one", new Site())), "build");
        Assert.Equal(1, run.Exit);
        Assert.Contains($"site is not there: {scratch.At("site")}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_text_that_names_a_path_without_carrying_it_is_refused()
    {
        var run = await RunAsync("one", Samples.Fleet(Samples.Host("one", new Careless())), "build");
        Assert.Equal(1, run.Exit);
        Assert.Contains("without carrying it", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_module_makes_belongs_to_the_system_although_no_unit_or_file_leads_there()
    {
        var built = await BuildAsync("one", Samples.Fleet(Samples.Host("one", new Apart())));
        Assert.Contains(built.GetProperty("closure").EnumerateArray(), path => path.GetString()!.EndsWith("-apart.txt", StringComparison.Ordinal));
    }

    private sealed record Apart : Module
    {
        public override IEnumerable<Artifact> Realise(Evaluate.GatheredView host) => [new TextFile("apart.txt", "alone\n")];
    }

    private sealed record Site : Module
    {
        public override IEnumerable<Artifact> Realise(Evaluate.GatheredView host) =>
            [new EtcFile("/etc/site", new LocalPath("site", "site"))];
    }

    private sealed record Careless : Module
    {
        public override IEnumerable<Artifact> Realise(Evaluate.GatheredView host) =>
            [new EtcFile("/etc/careless", new TextFile("careless", new TextFile("other", "x").Path))];
    }
}
