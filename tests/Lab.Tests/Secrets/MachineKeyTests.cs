using System.Text;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Operator;
using Hale.Produce;
using Hale.Secrets;
using Lab.Tests.Deploy;

namespace Lab.Tests.Secrets;

/// <summary>A module with two secrets in files.</summary>
internal sealed record Reader : Module
{
    public override IEnumerable<Artifact> Realise(GatheredView host) =>
    [
        new Unit("reader.service")
        {
            WantedBy = ["multi-user.target"],
            Credentials = [("token", Secret.Named("token")), ("shared", Secret.Named("shared").From("secrets/common.yaml"))],
            Body = { { "Service", "ExecStart", "/usr/bin/sleep infinity" } },
        },
    ];
}

/// <summary>The key of a machine, over ssh, through the front door.</summary>
public sealed class MachineKeyTests : IDisposable
{
    private const string Key = "/var/lib/hale/key.txt";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-machine-key-");

    public void Dispose() => folder.Delete(recursive: true);

    [LabFact]
    public async Task A_machine_gets_a_key_that_only_root_can_read_and_that_is_kept_replaced_and_never_on_this_computers_disk()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        await DoneAsync(machine, "secrets", "init");
        await SetAsync(machine, "secrets/one.yaml", "token", "t");
        await SetAsync(machine, "secrets/common.yaml", "shared", "s");
        await SetAsync(machine, "secrets/other.yaml", "x", "y");

        // The first key.
        var made = await DoneAsync(machine, "machine-key", "one");
        Assert.Contains($"made its key: {Key}", made, StringComparison.Ordinal);
        Assert.Equal("600 root root\n", await machine.SucceedAsync($"stat -c '%a %U %G' {Key}"));
        var first = await SecretsOfAsync(machine);
        var recipient = AgeIdentity.Parse(Assert.Single(first)).Recipient.ToString();
        Assert.Contains(recipient, made, StringComparison.Ordinal);
        Assert.Contains($"- {recipient}  # one\n", File.ReadAllText(At(".sops.yaml")), StringComparison.Ordinal);
        foreach (var file in (string[])["secrets/one.yaml", "secrets/common.yaml"])
            Assert.Equal(2, Recipients(file).Count);
        Assert.Equal("t", Opened("secrets/one.yaml", "token", first[0]));
        Assert.Equal("", await machine.SucceedAsync("find /var/lib/hale -name '.key*'"));

        // The same again does nothing, and what others could read is theirs no more.
        var before = Snapshot();
        var again = await DoneAsync(machine, "machine-key", "one");
        Assert.Equal($"one: {recipient}\n  nothing to do\n", again);
        Assert.Equal(before, Snapshot());
        await machine.SucceedAsync($"chmod 644 {Key}");
        Assert.Contains("others than root could read it", await DoneAsync(machine, "machine-key", "one"), StringComparison.Ordinal);
        Assert.Equal("600 root root\n", await machine.SucceedAsync($"stat -c '%a %U %G' {Key}"));
        Assert.Equal(first, await SecretsOfAsync(machine));

        // Another key: the files are open to it and no longer to the first, which the machine keeps for what is deployed.
        var replaced = await DoneAsync(machine, "machine-key", "one", "--replace");
        Assert.Contains("the one before", replaced, StringComparison.Ordinal);
        var second = await SecretsOfAsync(machine);
        Assert.Equal(2, second.Count);
        Assert.Equal(first[0], second[1]);
        Assert.Equal("s", Opened("secrets/common.yaml", "shared", second[0]));
        Assert.Throws<SecretsError>(() => Opened("secrets/common.yaml", "shared", first[0]));
        Assert.DoesNotContain(recipient, File.ReadAllText(At(".sops.yaml")), StringComparison.Ordinal);
        await DoneAsync(machine, "machine-key", "one", "--replace", "--no-recipients");
        Assert.Equal([second[0]], (await SecretsOfAsync(machine)).Skip(1));

        // None of them is anywhere on this computer, but where it was asked for.
        var keys = first.Concat(second).Concat(await SecretsOfAsync(machine)).Distinct().ToList();
        Assert.Empty(Found(keys));
        await DoneAsync(machine, "machine-key", "one", "--no-recipients", "--save", "backup.txt");
        Assert.Equal([At("backup.txt")], Found(keys));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(At("backup.txt")));
        var refused = await HaleAsync(machine, [], "machine-key", "one", "--save", "backup.txt");
        Assert.Equal(1, refused.Exit);
        Assert.Contains("a key is never written over", refused.Error, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Without_a_key_of_ones_own_the_machine_gets_its_key_and_one_is_told_what_to_run()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        await DoneAsync(machine, "secrets", "init");
        await SetAsync(machine, "secrets/one.yaml", "token", "t");
        File.Move(At("home/keys.txt"), At("away.txt"));
        var run = await HaleAsync(machine, [], "machine-key", "one");
        Assert.Equal(1, run.Exit);
        var recipient = AgeIdentity.Parse(Assert.Single(await SecretsOfAsync(machine))).Recipient;
        Assert.Contains("There is no key to decrypt with", run.Error, StringComparison.Ordinal);
        Assert.Contains($"hale secrets recipients add {recipient} secrets/common.yaml secrets/one.yaml --name one", run.Error, StringComparison.Ordinal);

        File.Move(At("away.txt"), At("home/keys.txt"));
        Assert.Contains("secrets/one.yaml: encrypted again", await DoneAsync(machine, "machine-key", "one"), StringComparison.Ordinal);

        await machine.SucceedAsync($"echo nonsense > {Key}");
        var broken = await HaleAsync(machine, [], "machine-key", "one");
        Assert.Equal(1, broken.Exit);
        Assert.Contains($"{Key} is no key file", broken.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", broken.Error, StringComparison.Ordinal);
        await machine.SucceedAsync($"rm {Key}; chattr +i /var/lib/hale || mount -t tmpfs -o ro none /var/lib/hale");
        Assert.Equal(1, (await HaleAsync(machine, [], "machine-key", "one")).Exit);
    }

    private string At(string path) => Path.Combine(folder.FullName, path);

    private static async Task<List<string>> SecretsOfAsync(Hale.Lab.Machine machine) =>
        [.. (await machine.SucceedAsync($"cat {Key}")).Split('\n').Where(line => line.StartsWith("AGE-SECRET-KEY-1", StringComparison.Ordinal))];

    private List<string> Recipients(string file) => [.. SopsFile.Read(At(file)).Recipients];

    private string Opened(string file, string name, string key)
    {
        using var content = SopsFile.Read(At(file)).Decrypt([AgeIdentity.Parse(key)]);
        return content.GetString(name);
    }

    private string Snapshot() => string.Join('\n', Directory.EnumerateFiles(folder.FullName, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
        .Select(file => file + File.ReadAllText(file)));

    /// <summary>Every file of this test, in memory or in the temporary folder, that holds one of the keys.</summary>
    private List<string> Found(IReadOnlyList<string> keys)
    {
        var files = Directory.EnumerateFiles(folder.FullName, "*", SearchOption.AllDirectories)
            .Concat(((string[])[Path.GetTempPath(), "/dev/shm"]).SelectMany(root => Directory.EnumerateFiles(root)))
            .Concat(Directory.EnumerateDirectories(Path.GetTempPath(), "hale-ssh-*").SelectMany(inner => Directory.EnumerateFiles(inner)));
        // A pipe has no length, and who opens one waits for its other end.
        return [.. files.Where(file => new FileInfo(file) is { Exists: true, Length: > 0 } && Holds(file)).Distinct()];

        bool Holds(string file)
        {
            try
            {
                var bytes = File.ReadAllBytes(file);
                return keys.Any(key => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(key)) >= 0);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false; // A socket, or gone.
            }
        }
    }

    private async Task<string> DoneAsync(Hale.Lab.Machine machine, params string[] args)
    {
        var run = await HaleAsync(machine, [], args);
        Assert.True(run.Exit == 0, run.ToString());
        return run.Out;
    }

    private async Task SetAsync(Hale.Lab.Machine machine, string file, string key, string value)
    {
        var run = await HaleAsync(machine, Encoding.UTF8.GetBytes(value), "secrets", "set", file, key);
        Assert.True(run.Exit == 0, run.ToString());
    }

    private async Task<(int Exit, string Out, string Error)> HaleAsync(Hale.Lab.Machine machine, byte[] input, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var context = new VerbContext
        {
            Fleet = new Fleet("example.org") { Hosts = { new Host("one") { Modules = { new Reader() } } } },
            FleetFile = At("fleet.cs"),
            TargetOf = _ => DeployBench.Target(machine),
            Surroundings = Surroundings.OfProcess() with
            {
                Out = output,
                Error = error,
                IsTerminal = false,
                Color = false,
                Prompt = null,
                OpenInput = () => new MemoryStream(input),
                EnvironmentVariable = name => name == "SOPS_AGE_KEY_FILE" ? (args is ["secrets", "init"] || File.Exists(At("home/keys.txt")) ? At("home/keys.txt") : null) : null,
                WorkingDirectory = folder.FullName,
                Who = "tester@here",
            },
        };
        var exit = await HaleCommand.RunAsync(args, context, CancellationToken.None);
        return (exit, output.ToString(), error.ToString());
    }
}
