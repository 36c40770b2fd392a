using Hale.Lab;
using Hale.Store;

namespace Lab.Tests;

/// <summary>What comes before a machine: the computer's requirements, the mirror, the base image.</summary>
[Collection(SharedLab.Name)]
public sealed class PreparationTests
{
    [Fact]
    public void Everything_that_is_missing_is_said_at_once_with_the_packages_to_install()
    {
        LabRequirements.Check(linux: true, root: true, _ => true, () => true);

        var error = Assert.Throws<UserError>(() =>
            LabRequirements.Check(
                linux: true, root: false, program => program is not ("mmdebstrap" or "ssh" or "ssh-keygen"), () => false));
        Assert.Contains("root", error.Message, StringComparison.Ordinal);
        Assert.Contains("mmdebstrap, ssh, ssh-keygen", error.Message, StringComparison.Ordinal);
        Assert.Contains("cgroup2", error.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install mmdebstrap openssh-client", error.Hint, StringComparison.Ordinal);

        error = Assert.Throws<UserError>(() => LabRequirements.Check(linux: false, root: true, _ => true, () => true));
        Assert.Contains("Linux", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_change_of_any_kind_changes_the_fingerprint()
    {
        var root = Directory.CreateTempSubdirectory("hale-lab-print-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(root, "folder"));
            File.WriteAllText(Path.Combine(root, "folder/file"), "one");
            File.CreateSymbolicLink(Path.Combine(root, "link"), "nowhere");
            var prints = new List<string> { TreeFingerprint.Of(root), TreeFingerprint.Of(root) };
            Assert.Single(prints.Distinct());

            File.WriteAllText(Path.Combine(root, "folder/file"), "other");
            prints.Add(TreeFingerprint.Of(root));
            File.Delete(Path.Combine(root, "link"));
            prints.Add(TreeFingerprint.Of(root));
            File.Move(Path.Combine(root, "folder/file"), Path.Combine(root, "folder/moved"));
            prints.Add(TreeFingerprint.Of(root));
            Assert.Equal(4, prints.Distinct().Count());
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("Ohana")]
    [InlineData("-a")]
    [InlineData("a.b")]
    [InlineData("../x")]
    public void A_name_that_is_no_host_name_is_refused(string name) => Assert.Throws<UserError>(() => new MachineOptions(name).Check());

    [Fact]
    public void A_console_is_read_without_its_colours()
    {
        var log = Path.GetTempFileName();
        File.WriteAllText(log, "one\n\x1b[0;32m  OK  \x1b[0m Started\r\n\x1b]0;title\x07three\x1b[K\n");
        Assert.Equal(["  OK   Started", "three"], ConsoleText.LastLines(log, 2));
        File.Delete(log);
    }

    [LabFact]
    public async Task A_damaged_base_image_is_made_again_and_a_whole_one_is_not()
    {
        var folder = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : "/tmp", $"hale-lab-base-{Guid.NewGuid():n}");
        var paths = new LabPaths(folder, LabPaths.DefaultState);
        try
        {
            var mirror = await LabMirror.ReadAsync(null, CancellationToken.None);
            // The smallest root there is, so that the test takes seconds; it is never booted.
            var recipe = BaseRecipe.Debian13 with { Packages = ["systemd", "openssh-server"] };
            var said = new List<string>();
            Task<BaseImage> EnsureAsync() => BaseImage.EnsureAsync(paths.Images, recipe, mirror, said.Add, CancellationToken.None);

            await EnsureAsync();
            said.Clear();
            await EnsureAsync();
            Assert.Empty(said);

            File.Delete(Path.Combine(paths.Images, recipe.Key, "usr/sbin/sshd"));
            var image = await EnsureAsync();
            Assert.Contains(said, line => line.Contains("damaged", StringComparison.Ordinal));
            await image.CloneAsync(Path.Combine(paths.Cache, "clone"), CancellationToken.None);
            Assert.True(File.Exists(Path.Combine(paths.Cache, "clone/usr/sbin/sshd")));
        }
        finally
        {
            await Command.RunAsync("rm", ["-rf", paths.Cache]);
        }
    }

    [LabFact]
    public async Task A_machine_that_does_not_boot_shows_its_console()
    {
        await using var run = await LabFixture.StartAsync();
        var machine = await run.AddAsync(new MachineOptions("broken"));
        File.Delete(Path.Combine(machine.Root, "usr/lib/systemd/systemd"));
        var error = await Assert.ThrowsAsync<LabException>(() => machine.StartAsync(TimeSpan.FromSeconds(20)));
        Assert.Contains("the end of its console", error.Message, StringComparison.Ordinal);
        Assert.Contains("went off", error.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_machine_without_sshd_says_so_in_time()
    {
        await using var run = await LabFixture.StartAsync();
        var machine = await run.AddAsync(new MachineOptions("silent"));
        File.Delete(Path.Combine(machine.Root, "usr/sbin/sshd"));
        var error = await Assert.ThrowsAsync<LabException>(() => machine.StartAsync(TimeSpan.FromSeconds(8)));
        Assert.Contains("nothing listens on port 22", error.Message, StringComparison.Ordinal);
        Assert.Contains("login:", error.Message, StringComparison.Ordinal);
    }
}
