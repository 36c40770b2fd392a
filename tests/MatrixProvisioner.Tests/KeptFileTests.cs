using MatrixProvisioner.Keeping;

namespace MatrixProvisioner.Tests;

/// <summary>A file in a folder that somebody else owns, who may have put anything there.</summary>
public sealed class KeptFileTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder folder = new();

    private KeptFile File_ => new(folder.Path, "token");

    private string Location => Path.Combine(folder.Path, "token");

    [Fact]
    public void It_is_0600_whatever_it_was_before_and_0400_is_left()
    {
        File_.Write("secret");
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Location));

        File.SetUnixFileMode(Location, OwnerOnly | UnixFileMode.OtherRead);
        File_.Protect();
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(Location));

        File.SetUnixFileMode(Location, UnixFileMode.UserRead);
        File_.Protect();
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(Location));
        Assert.Equal("secret", File_.Read());
    }

    [NeedsFact("root", "chown", "stat")]
    public async Task It_belongs_to_the_owner_of_its_folder()
    {
        await Tools.RunAsync("chown", "61234:61235", folder.Path);

        File_.Write("secret");
        Assert.Equal("61234:61235 600", (await Tools.RunAsync("stat", "-c", "%u:%g %a", Location)).Trim());

        await Tools.RunAsync("chown", "0:0", Location);
        File_.Protect();
        Assert.Equal("61234:61235", (await Tools.RunAsync("stat", "-c", "%u:%g", Location)).Trim());
    }

    [Fact]
    public void A_link_is_not_followed_but_replaced()
    {
        using var elsewhere = new TemporaryFolder();
        var target = elsewhere.Write("target", "somebody else's");
        File.SetUnixFileMode(target, OwnerOnly | UnixFileMode.OtherRead);
        File.CreateSymbolicLink(Location, target);

        Assert.Null(File_.Read());
        File_.Protect();
        File_.Write("secret");

        Assert.Equal("somebody else's", File.ReadAllText(target));
        Assert.Equal(OwnerOnly | UnixFileMode.OtherRead, File.GetUnixFileMode(target));
        Assert.Equal("secret", File_.Read());
        Assert.Null(new FileInfo(Location).LinkTarget);
    }

    [Fact]
    public void A_folder_in_its_place_is_replaced_and_what_a_cut_left_too()
    {
        Directory.CreateDirectory(Path.Combine(Location, "inner"));
        folder.Write(".token.new", "half");

        Assert.Null(File_.Read());
        File_.Write("secret");

        Assert.Equal("secret", File_.Read());
        Assert.Equal(["token"], Directory.EnumerateFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)));
    }

    [Fact]
    public void Empty_counts_as_missing()
    {
        folder.Write("token", " \n");

        Assert.Null(File_.Read());
    }

    public void Dispose() => folder.Dispose();
}
