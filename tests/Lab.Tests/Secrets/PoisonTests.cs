using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;
using Hale.Store.Local;
using Lab.Tests.Deploy;

namespace Lab.Tests.Secrets;

/// <summary>
/// Planted values go the whole way: set by a person, encrypted, deployed, changed, rolled back, booted. They are searched for everywhere
/// but where they must be, on the machine and on this computer, and the search is shown to find what is planted there.
/// </summary>
public sealed class PoisonTests : IDisposable
{
    private readonly FrontDoor hale;
    private readonly DateTime begin = DateTime.UtcNow.AddSeconds(-2);
    private readonly string first = Planted("first");
    private readonly string second = Planted("second");
    private readonly StringBuilder said = new();

    public PoisonTests()
    {
        hale = new FrontDoor { Variables = [] };
        hale.Variables["SOPS_AGE_KEY_FILE"] = Path.Combine(hale.Folder, "keys.txt");
    }

    public void Dispose() => hale.Dispose();

    [LabFact]
    public async Task A_planted_secret_is_nowhere_but_in_memory_and_the_search_would_find_it()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        using var watch = new Watch([first, second]);

        await DoneAsync(machine, "", "secrets", "init");
        await DoneAsync(machine, first, "secrets", "set", "secrets.yaml", "poison/token");
        await DoneAsync(machine, "", "machine-key", "one");
        await DoneAsync(machine, "", "check");
        await DoneAsync(machine, "", "secrets", "check");
        await DoneAsync(machine, "", "plan", "one", "-v");
        await DoneAsync(machine, "", "deploy", "one", "--yes", "-v");
        var got = await machine.SucceedAsync("cat /run/credentials/poisoned.service/token; cat /run/secrets/rendered/poison.toml");
        Assert.Equal($"{first}token = \"{first}\"\n", got);

        await DoneAsync(machine, second, "secrets", "set", "secrets.yaml", "poison/token");
        await DoneAsync(machine, "", "deploy", "one", "--yes", "--json");
        Assert.Equal(second, await machine.SucceedAsync("cat /run/credentials/poisoned.service/token"));
        await DoneAsync(machine, "", "rollback", "one", "-v");
        foreach (var verb in new[] { "status", "generations", "history" })
            await DoneAsync(machine, "", verb, "one", "--json");
        await machine.RebootAsync();
        await machine.WaitForUnitAsync("poisoned.service");
        Assert.Equal(second, await machine.SucceedAsync("cat /run/credentials/poisoned.service/token"));

        Assert.Empty(watch.Found);
        Assert.DoesNotContain(first, said.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(second, said.ToString(), StringComparison.Ordinal);
        Assert.Equal("", await SearchMachineAsync(machine, first));
        Assert.Equal("", await SearchMachineAsync(machine, second));
        Assert.Empty(SearchHere(first, second));

        // What is planted where it must not be is found there.
        var other = Planted("other");
        await machine.SucceedAsync($"mkdir -p /nix/store/planted && echo 'x={other}' > /nix/store/planted/file && cp /nix/store/planted/file /tmp/left && cp /nix/store/planted/file /var/lib/hale/journal.old");
        await machine.SucceedAsync($"echo {other} | systemd-cat -t planted && journalctl --sync");
        await machine.SucceedAsync($"POISON={other} setsid -f sh -c 'exec sleep 300' x </dev/null >/dev/null 2>&1; setsid -f sh -c 'sleep 300; :' {other} </dev/null >/dev/null 2>&1");
        var found = await SearchMachineAsync(machine, other);
        foreach (var place in new[] { "/nix/store/planted/file", "/tmp/left", "/var/lib/hale/journal.old", "journal", "environ", "cmdline" })
            Assert.Contains(place, found, StringComparison.Ordinal);
        var left = Path.Combine(Path.GetTempPath(), $"hale-poison-{Guid.NewGuid():N}");
        await File.WriteAllTextAsync(left, other);
        Assert.Equal([left], SearchHere(other));
        File.Delete(left);
        using var saw = new Watch([other]);
        using var child = System.Diagnostics.Process.Start("sh", ["-c", "sleep 3; :", other]);
        for (var i = 0; i < 50 && saw.Found.IsEmpty; i++)
            await Task.Delay(100);
        Assert.NotEmpty(saw.Found);
        await child.WaitForExitAsync();
    }

    private static string Planted(string name) => $"Poison-{name}-{Convert.ToHexString(RandomNumberGenerator.GetBytes(16))}";

    private async Task DoneAsync(Hale.Lab.Machine machine, string input, params string[] args)
    {
        hale.Input = Encoding.UTF8.GetBytes(input);
        var (exit, output, error) = await hale.HaleAsync(machine, [new Poisoned()], args);
        Assert.True(exit == 0, $"hale {string.Join(' ', args)} ended with {exit}\n{output}{error}");
        said.Append(output).Append(error);
    }

    /// <summary>Every file of the machine but those in memory that hold secrets, its journal, and the arguments and environment of every process.</summary>
    private static async Task<string> SearchMachineAsync(Hale.Lab.Machine machine, string value)
    {
        // The pattern comes from a file, lest the search find itself.
        var pattern = string.Concat(value.Select((c, i) => i % 2 == 0 ? $"[{c}]" : $"{c}"));
        var search = $"""
            for top in /nix /etc /var /tmp /root /home /opt /srv /usr/local /dev/shm /run/hale /run/systemd /run/user; do
                [ ! -e "$top" ] || grep -rlE '{pattern}' "$top" --exclude-dir=credentials 2>/dev/null
            done
            journalctl --no-pager -o export | grep -qaE '{pattern}' && echo journal
            grep -laE '{pattern}' /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null
            true
            """;
        return await machine.SucceedAsync(search);
    }

    /// <summary>Every file of this computer that is newer than the test: caches, temporary files, memory, the fleet's folder.</summary>
    private List<string> SearchHere(params string[] values)
    {
        var roots = new[] { LocalStore.DefaultFolder(), Path.GetTempPath(), "/dev/shm", hale.Folder }.Where(Directory.Exists);
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device };
        return [.. roots.SelectMany(root => new DirectoryInfo(root).EnumerateFiles("*", options))
            .Where(file => file.LastWriteTimeUtc >= begin && file.Length is > 0 and < 64 << 20 && !file.FullName.Contains("/lab/", StringComparison.Ordinal) && Holds(file.FullName))
            .Select(file => file.FullName).Distinct()];

        bool Holds(string file)
        {
            try
            {
                var bytes = File.ReadAllBytes(file);
                return values.Any(value => bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(value)) >= 0);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false; // Gone again, or a socket.
            }
        }
    }

    /// <summary>Looks at the arguments and environments of all processes of this computer, again and again.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task looking;

        public Watch(string[] values) => looking = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path["/proc/".Length])))
                    foreach (var file in new[] { "cmdline", "environ" })
                        Look($"{process}/{file}", values);
                Thread.Sleep(20);
            }
        });

        public ConcurrentBag<string> Found { get; } = [];

        public void Dispose()
        {
            stop.Cancel();
            looking.Wait();
            stop.Dispose();
        }

        private void Look(string file, string[] values)
        {
            try
            {
                var text = File.ReadAllText(file);
                if (values.Any(value => text.Contains(value, StringComparison.Ordinal)))
                    Found.Add(file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The process has ended.
            }
        }
    }

    private sealed record Poisoned : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host)
        {
            var token = Secret.Named("poison/token");
            var template = new SecretTemplate("poison.toml", SecretFormat.Toml, $"token = {token}\n");
            yield return new Unit("poisoned.service")
            {
                WantedBy = ["multi-user.target"],
                Credentials = [("token", token), ("toml", template)],
                Body = { { "Service", "ExecStart", "/usr/bin/sleep infinity" }, { "Service", "Type", "exec" } },
            };
        }
    }
}
