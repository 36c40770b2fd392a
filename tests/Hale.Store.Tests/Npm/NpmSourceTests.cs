using Hale.Store.Local;
using Hale.Store.Npm;

namespace Hale.Store.Tests.Npm;

/// <summary>Packages of the registry that this computer's npm is set up with, fetched for real.</summary>
public sealed class NpmSourceTests : IDisposable
{
    private static readonly NpmRequest Small = new() { Name = "another-json", Version = "0.2.0" };

    private readonly Scratch scratch = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_package_is_pinned_unpacked_and_needs_no_registry_again()
    {
        if (!Peer.Has("npm"))
            return;
        using var store = LocalStore.Open(scratch["cache"]);
        var source = new NpmSource(store);
        var locked = await source.LockAsync(Small, scratch.Root);
        // What npm itself calls the package's integrity.
        var integrity = Peer.Text("npm", "view", "another-json@0.2.0", "dist.integrity", "--loglevel=error");
        Assert.Equal("sha512-" + Convert.ToBase64String(Convert.FromHexString(locked.Sha512)), integrity);

        var made = await source.RealiseAsync("another-json", locked, scratch.Root);
        Assert.Equal("another-json-0.2.0", made.Path.Name);
        Assert.Contains("\"name\": \"another-json\"", File.ReadAllText(Path.Combine(store.Real(made.Path), "package.json")), StringComparison.Ordinal);

        // Where npm could not even start: from the cache, by its hash.
        store.Remove(made.Path);
        Assert.Equal(made.Path, (await source.RealiseAsync("another-json", locked, "/nowhere")).Path);
    }

    [Fact]
    public async Task Another_package_than_the_locked_one_is_refused_with_both_hashes()
    {
        if (!Peer.Has("npm"))
            return;
        using var store = LocalStore.Open(scratch["cache"]);
        var wrong = new LockedNpm { Name = Small.Name, Version = Small.Version, Sha512 = new string('0', 128) };
        var error = await Assert.ThrowsAsync<UserError>(() => new NpmSource(store).RealiseAsync("another-json", wrong, scratch.Root));
        Assert.Contains($"instead of SHA-512 {wrong.Sha512}", error.Message, StringComparison.Ordinal);
        Assert.Contains("hale update another-json", error.Hint, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(scratch["cache/store"]));
    }

    [Fact]
    public async Task A_version_that_is_not_there_says_what_npm_says()
    {
        if (!Peer.Has("npm"))
            return;
        using var store = LocalStore.Open(scratch["cache"]);
        var error = await Assert.ThrowsAsync<UserError>(() => new NpmSource(store).LockAsync(Small with { Version = "99.0.0" }, scratch.Root));
        Assert.Contains("npm cannot fetch another-json 99.0.0", error.Message, StringComparison.Ordinal);
        Assert.Contains("npm config get registry", error.Hint, StringComparison.Ordinal);
    }
}
