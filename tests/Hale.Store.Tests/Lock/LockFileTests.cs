using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Store.Lock;

namespace Hale.Store.Tests.Lock;

public sealed record TestRequest(string Package, string Suite);

public sealed record TestPackage(string Name, string Version, string Sha256);

public sealed record TestContent(IReadOnlyList<TestPackage> Packages);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(TestRequest))]
[JsonSerializable(typeof(TestContent))]
public sealed partial class TestJson : JsonSerializerContext;

public sealed class LockFileTests : IDisposable
{
    private static readonly string Hash = new('a', 64);
    private static readonly TestRequest Caddy = new("caddy", "trixie");
    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public void A_lock_is_read_as_it_was_written_and_reads_well()
    {
        var path = scratch["hale.lock"];
        Sample().Write(path);
        Golden.Equal("hale.lock", File.ReadAllText(path));
        var lookup = Find(LockFile.Read(path), "debian/caddy/amd64", Caddy);
        Assert.Equal(LockState.Current, lookup.State);
        Assert.Equal("2.6.2-12+b1", lookup.Content!.Packages[0].Version);
        Assert.Equal([path], Directory.GetFiles(scratch.Root));
    }

    [Fact]
    public void A_lock_that_is_not_there_is_empty() => Assert.Empty(LockFile.Read(scratch["none"]).Entries);

    [Fact]
    public void A_changed_request_makes_the_entry_stale_and_another_name_is_missing()
    {
        Assert.Equal(LockState.Stale, Find(Sample(), "debian/caddy/amd64", Caddy with { Suite = "sid" }).State);
        Assert.Equal(LockState.Missing, Find(Sample(), "debian/caddy/arm64", Caddy).State);
    }

    [Fact]
    public void The_order_of_keys_does_not_make_an_entry_stale()
    {
        var path = scratch.Write("hale.lock", """
            {"version":1,"entries":{"debian/caddy/amd64":{"content":{"packages":[]},"request":{"suite":"trixie","package":"caddy"}}}}
            """);
        Assert.Equal(LockState.Current, Find(LockFile.Read(path), "debian/caddy/amd64", Caddy).State);
    }

    [Theory]
    [InlineData("{\n  \"version\": 1,\n  \"entries\": {,}\n}", "hale.lock:3:15: not valid JSON")]
    [InlineData("", "hale.lock:1:1: not valid JSON")]
    [InlineData("{\"entries\":{}}", "names no version")]
    [InlineData("[]", "names no version")]
    [InlineData("{\"version\":2,\"entries\":{}}", "of version 2")]
    [InlineData("{\"version\":1}", "\"entries\" is missing")]
    [InlineData("{\"version\":1,\"entries\":[]}", "\"entries\" is missing or not an object")]
    [InlineData("{\"version\":1,\"entries\":{\"a/b/c\":{}}}", "entry a/b/c: \"request\" is missing")]
    [InlineData("{\"version\":1,\n\"entries\":{\"a\":1,\n \"a\":2}}", "hale.lock:3:2: the key \"a\" is there twice")]
    [InlineData("{\"version\":1,\n<<<<<<< HEAD\n", "hale.lock:2:1: git left a merge conflict")]
    [InlineData("{\"version\":1,\"entries\":{\"a/b/c\":{\"request\":1,\"content\":{\"files\":[{\"sha256\":\"12\"}]}}}}",
        "entry a/b/c: content.files[0].sha256: \"12\" is not a hash of 64")]
    public void Hand_damage_is_told_with_its_place(string text, string message)
    {
        var error = Assert.Throws<UserError>(() => LockFile.Read(scratch.Write("hale.lock", text)));
        Assert.Contains(message, error.Message);
        Assert.NotEmpty(error.Hint);
    }

    [Theory]
    [InlineData("{\"packages\": \"none\"}")]
    [InlineData("{\"packages\": [], \"more\": 1}")]
    [InlineData("null")]
    public void An_entry_of_another_shape_is_the_users_to_renew(string content)
    {
        var text = "{\"version\":1,\"entries\":{\"debian/caddy/amd64\":{\"request\":{},\"content\":" + content + "}}}";
        var error = Assert.Throws<UserError>(() => Find(LockFile.Read(scratch.Write("hale.lock", text)), "debian/caddy/amd64", Caddy));
        Assert.Contains("debian/caddy/amd64", error.Message);
        Assert.Contains("hale update caddy", error.Hint);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_leaves_the_old_lock()
    {
        var path = scratch.Write("hale.lock", "old");
        var error = Assert.Throws<UserError>(() => Sample().Write(Path.Combine(path, "below-a-file")));
        Assert.Contains("cannot be written", error.Message);
        Assert.Equal("old", File.ReadAllText(path));
    }

    [Fact]
    public void A_diff_tells_versions_old_and_new()
    {
        var @new = With(Sample(), "debian/caddy/amd64", Caddy, new([new("caddy", "2.8.4-1", Hash), new("libc6", "2.41-12", new('b', 64))]));
        @new = With(@new, "debian/slapd/amd64", new("slapd", "trixie"), new([new("slapd", "2.6", Hash)]));
        Assert.Equal(
            [
                "debian/caddy/amd64: caddy 2.6.2-12+b1 → 2.8.4-1",
                "debian/caddy/amd64: libc6 2.41-12 (the same version with another content)",
                "debian/slapd/amd64: slapd 2.6 (new)",
            ],
            LockDiff.Between(Sample(), @new).Select(change => change.ToString()));
        Assert.Equal("debian/slapd/amd64: slapd 2.6 (gone)", LockDiff.Between(@new, @new.Only(["debian/caddy/amd64"])).Single().ToString());
        Assert.Empty(LockDiff.Between(@new, @new));
    }

    [Fact]
    public void A_diff_tells_of_another_request_for_the_same_packages()
    {
        var asked = With(Sample(), "debian/caddy/amd64", new("caddy", "sid"), new([new("caddy", "2.6.2-12+b1", Hash), new("libc6", "2.41-12", Hash)]));
        Assert.Equal("debian/caddy/amd64: another request, the same packages", LockDiff.Between(Sample(), asked).Single().ToString());
    }

    private static LockFile Sample() =>
        With(LockFile.Empty, "debian/caddy/amd64", Caddy, new([new("caddy", "2.6.2-12+b1", Hash), new("libc6", "2.41-12", Hash)]));

    private static LockFile With(LockFile file, string name, TestRequest request, TestContent content) =>
        file.With(name, request, content, TestJson.Default.TestRequest, TestJson.Default.TestContent);

    private static LockLookup<TestContent> Find(LockFile file, string name, TestRequest request) =>
        file.Find(name, request, TestJson.Default.TestRequest, TestJson.Default.TestContent);
}
