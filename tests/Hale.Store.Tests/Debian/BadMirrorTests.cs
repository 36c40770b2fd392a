using System.Text;
using Hale.Store.Debian;
using Hale.Store.Local;

namespace Hale.Store.Tests.Debian;

/// <summary>What a mirror, or someone between, may do: each its own error, and a second try after it works.</summary>
public sealed class BadMirrorTests(SigningKey key) : IClassFixture<SigningKey>
{
    private const string InRelease = "dists/trixie/InRelease";
    private const string Index = "dists/trixie/main/binary-amd64/Packages.gz";

    [Fact]
    public async Task An_honest_archive_is_locked_and_fetched()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a", "Depends: b").Package("b").Publish();
        using var source = archive.Open(scratch);
        var request = TestArchive.Request("a");
        var locked = await source.LockAsync(request);
        Assert.Equal(["a", "b"], locked.Packages.Select(static p => p.Name));
        Assert.Equal(new DateTimeOffset(2026, 9, 12, 7, 55, 41, TimeSpan.Zero), locked.Suites.Single().Date);
        var root = await source.RealiseAsync("web", request, locked);
        Assert.Equal("web-1.0-1", root.Path.Name);
        Assert.Equal("b 1.0-1", File.ReadAllText(Read(scratch, root, "b")));

        // What is here needs no mirror: neither the root, nor, where that is gone, its packages.
        using var store = LocalStore.Open(scratch.Root);
        using var offline = new DebianSource(store, static () => throw new InvalidOperationException("the mirror was asked for"));
        Assert.Equal(root.Path, (await offline.RealiseAsync("web", request, locked)).Path);
        store.Remove(root.Path);
        Assert.Equal(root.Path, (await offline.RealiseAsync("web", request, locked)).Path);
    }

    [Fact]
    public async Task An_armored_keyring_serves_as_well()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish();
        using var source = new DebianSource(LocalStore.Open(scratch.Root), () => archive.Settings with { Keyring = key.Armored });
        Assert.Single((await source.LockAsync(TestArchive.Request("a"))).Packages);
    }

    [Fact]
    public async Task An_unsigned_index_is_refused() =>
        await Refused(a => a.Server.Files[InRelease] = Encoding.UTF8.GetBytes(a.Release), "is not signed");

    [Fact]
    public async Task A_login_page_in_place_of_an_index_is_refused() =>
        await Refused(a => a.Server.Files[InRelease] = "<html>Welcome to the hotel</html>"u8.ToArray(), "is not signed");

    [Fact]
    public async Task A_tampered_index_is_refused() =>
        await Refused(a => Rewrite(a, static text => text.Replace("Codename: trixie", "Codename: Trixie")), "tampered");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Text_outside_the_signature_is_refused(bool before) =>
        await Refused(a => Rewrite(a, text => before ? "Suite: evil\n" + text : text + "\nSuite: evil\n"), before ? "is not signed" : "outside its one signature");

    [Fact]
    public async Task Two_signed_messages_in_one_are_refused() => await Refused(a => Rewrite(a, static text => text + text), "outside its one signature");

    [Fact]
    public async Task A_truncated_index_is_refused() => await Refused(a => Rewrite(a, static text => text[..^100]), "truncated");

    [Fact]
    public async Task An_index_signed_by_a_stranger_is_refused()
    {
        using var stranger = new SigningKey();
        await Refused(a => a.Server.Files[InRelease] = stranger.Sign(a.Release), "not signed by a key of the keyring");
    }

    [Fact]
    public async Task An_archive_of_ones_own_is_not_Debians()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish();
        using var source = new DebianSource(LocalStore.Open(scratch.Root), () => archive.Settings with { Keyring = null });
        Assert.Contains("Debian's own keyring", (await Assert.ThrowsAsync<UserError>(() => source.LockAsync(TestArchive.Request("a")))).Message);
    }

    [Fact]
    public async Task One_suite_given_for_another_is_refused() => await Refused(static a => a.Publish("bookworm", folder: "trixie"), "signed for the suite stable (bookworm), not for trixie");

    [Fact]
    public async Task A_signed_text_that_is_no_release_is_refused() => await Refused(a => a.Server.Files[InRelease] = key.Sign("Suite: trixie\n"), "no Release file");

    [Fact]
    public async Task A_package_list_with_another_hash_is_refused() => await Refused(static a => a.Server.Files[Index][20] ^= 1, "is not the file it should be");

    [Fact]
    public async Task A_package_list_that_goes_on_and_on_is_refused() =>
        await Refused(static a => a.Server.Files[Index] = [.. a.Server.Files[Index], .. new byte[100_000]], "is longer than");

    [Fact]
    public async Task A_suite_that_is_not_there_is_an_error_with_its_address() =>
        await Refused(static a => a.Server.Files.TryRemove(InRelease, out _), "dists/trixie/InRelease does not exist");

    [Fact]
    public async Task A_mirror_that_fails_is_asked_three_times()
    {
        var requests = 0;
        await Refused(static a => a.Server.Statuses[InRelease] = 503, "(3 tries)", after: a => requests = a.Server.Requests.Count);
        Assert.Equal(3, requests);
    }

    [Fact]
    public async Task A_mirror_that_forbids_is_asked_once()
    {
        var requests = 0;
        await Refused(static a => a.Server.Statuses[InRelease] = 403, "(1 try)", after: a => requests = a.Server.Requests.Count);
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task A_mirror_that_is_not_there_is_an_error()
    {
        using var scratch = new Scratch();
        MirrorSettings settings;
        using (var archive = new TestArchive(key)) settings = archive.Settings;
        using var source = new DebianSource(LocalStore.Open(scratch.Root), () => settings) { Pause = TimeSpan.FromMilliseconds(1) };
        var error = await Assert.ThrowsAsync<UserError>(() => source.LockAsync(TestArchive.Request("a")));
        Assert.Contains("cannot be fetched (3 tries)", error.Message);
        Assert.Contains("proxy", error.Hint);
    }

    [Fact]
    public async Task An_older_index_than_the_locks_is_refused_unless_asked_for()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a"));
        archive.Publish(date: "Fri, 11 Sep 2026 07:55:41 UTC");
        var error = await Assert.ThrowsAsync<UserError>(() => source.LockAsync(TestArchive.Request("a"), locked));
        Assert.Contains("2026-09-11 07:55 UTC, older than the index of 2026-09-12 07:55 UTC", error.Message);
        using var lenient = new DebianSource(LocalStore.Open(scratch.Root), () => archive.Settings) { AllowOlderIndex = true };
        Assert.Single((await lenient.LockAsync(TestArchive.Request("a"), locked)).Packages);
    }

    [Fact]
    public async Task An_expired_index_is_taken_with_a_warning()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish(more: "Valid-Until: Sun, 13 Sep 2020 07:55:41 UTC\n");
        var warnings = new List<string>();
        using var source = archive.Open(scratch, warnings);
        Assert.Single((await source.LockAsync(TestArchive.Request("a"))).Packages);
        Assert.Contains("expired on 2020-09-13", Assert.Single(warnings));
    }

    [Fact]
    public async Task A_dropped_connection_is_taken_up_where_it_broke()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a", content: new string('a', 500_000)).Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a"));
        var file = locked.Packages[0].File;
        archive.Server.Drop(file, 200_000, 100_000);
        var root = await source.RealiseAsync("a", TestArchive.Request("a"), locked);
        Assert.Equal(new string('a', 500_000), File.ReadAllText(Read(scratch, root, "a")));
        Assert.Equal([null, 200_000, 300_000], archive.Server.Requests.Where(r => r.Path == file).Select(static r => r.From));
    }

    [Fact]
    public async Task A_connection_that_drops_again_and_again_is_an_error_and_leaves_nothing()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a", content: new string('a', 500_000)).Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a"));
        var cached = Directory.GetFiles(scratch["downloads/sha256"]);
        archive.Server.Drop(locked.Packages[0].File, 1000, 1000, 1000);
        var error = await Assert.ThrowsAsync<UserError>(() => source.RealiseAsync("a", TestArchive.Request("a"), locked));
        Assert.Contains("(3 tries)", error.Message);
        Assert.Equal(cached, Directory.GetFiles(scratch["downloads/sha256"]));
        await source.RealiseAsync("a", TestArchive.Request("a"), locked);
    }

    [Fact]
    public async Task A_package_with_another_hash_is_refused_and_one_that_is_gone_names_the_way_out()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a", "Depends: b").Package("b").Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a"));
        archive.Server.Files[locked.Packages[0].File][100] ^= 1;
        archive.Server.Files.TryRemove(locked.Packages[1].File, out _);
        var error = await Assert.ThrowsAsync<UserError>(() => source.RealiseAsync("web", TestArchive.Request("a"), locked));
        Assert.Contains("a_1.0-1_all.deb is not the file it should be", error.Message);
        Assert.Contains("b_1.0-1_all.deb does not exist", error.Message);
        Assert.Contains("`hale update web` renews the pin", error.Hint);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
    }

    [Fact]
    public async Task A_damaged_file_of_the_cache_is_fetched_anew()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a"));
        File.WriteAllText(scratch[$"downloads/sha256/{locked.Packages[0].Sha256}"], new string('x', (int)locked.Packages[0].Size));
        Assert.Equal("a 1.0-1", File.ReadAllText(Read(scratch, await source.RealiseAsync("a", TestArchive.Request("a"), locked), "a")));
    }

    [Fact]
    public async Task A_package_that_is_refused_leaves_nothing_in_the_store()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a"));
        var evil = TestDeb.Of(new TestTar().File("./fine").File("./../escaped"));
        archive.Server.Files[locked.Packages[0].File] = evil;
        var pinned = locked with
        {
            Packages = [locked.Packages[0] with { Size = evil.Length, Sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(evil)) }],
        };
        Assert.Contains("climbs", (await Assert.ThrowsAsync<UserError>(() => source.RealiseAsync("a", TestArchive.Request("a"), pinned))).Message);
        Assert.Empty(Directory.GetFileSystemEntries(scratch["store"]));
    }

    [Fact]
    public async Task A_lock_damaged_by_hand_is_refused_with_all_that_is_wrong()
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Package("b").Publish();
        using var source = archive.Open(scratch);
        var locked = await source.LockAsync(TestArchive.Request("a", "b"));
        var damaged = locked with { Packages = [locked.Packages[0] with { File = "../../etc/passwd", Sha256 = "../x", Version = "1 2", Size = -1 }] };
        var error = await Assert.ThrowsAsync<UserError>(() => source.RealiseAsync("web", TestArchive.Request("a", "b"), damaged));
        foreach (var part in (string[])["../../etc/passwd", "../x", "`1 2`", "size -1", "b is missing"])
            Assert.Contains(part, error.Message);
        Assert.Contains("hale update web", error.Hint);
    }

    [Fact]
    public async Task A_full_disk_is_said_to_be_full_for_downloads_and_for_roots()
    {
        if (!Peer.Has("mount") || Environment.UserName != "root") return;
        using var scratch = new Scratch();
        var small = Directory.CreateDirectory(scratch["small"]).FullName;
        var noise = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(600_000));
        using var archive = new TestArchive(key).Package("a", content: noise).Package("b", "Depends: a", content: noise + "b").Publish();
        Peer.Run("mount", ["-t", "tmpfs", "-o", "size=2m", "none", small]);
        try
        {
            using var store = LocalStore.Open(small);
            using var source = new DebianSource(store, () => archive.Settings);
            foreach (var (name, said) in ((string, string)[])[("a", $"cache {small} is full"), ("b", "downloads")])
            {
                var locked = await source.LockAsync(TestArchive.Request(name));
                var error = await Assert.ThrowsAsync<UserError>(() => source.RealiseAsync(name, TestArchive.Request(name), locked));
                Assert.Contains(said, error.Message);
                Assert.Contains("full", error.Message);
                Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(small, "store")));
            }
        }
        finally
        {
            Peer.Run("umount", [small]);
        }
    }

    private static string Read(Scratch scratch, Store.Paths.PathInfo root, string package) => scratch[$"store/{root.Path.BaseName}/usr/share/{package}"];

    private static void Rewrite(TestArchive archive, Func<string, string> change) =>
        archive.Server.Files[InRelease] = Encoding.UTF8.GetBytes(change(Encoding.UTF8.GetString(archive.Server.Files[InRelease])));

    private async Task Refused(Action<TestArchive> spoil, string reason, Action<TestArchive>? after = null)
    {
        using var scratch = new Scratch();
        using var archive = new TestArchive(key).Package("a").Publish();
        spoil(archive);
        using var source = archive.Open(scratch);
        var error = await Assert.ThrowsAsync<UserError>(() => source.LockAsync(TestArchive.Request("a")));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        after?.Invoke(archive);
    }
}
