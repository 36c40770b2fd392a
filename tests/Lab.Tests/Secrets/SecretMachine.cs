using System.Globalization;
using System.Text;
using Hale.Lab;
using Hale.Secrets;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Lab.Tests.Activation;

namespace Lab.Tests.Secrets;

/// <summary>A booted machine with a key of its own, and systems whose secrets are sops files encrypted to it.</summary>
internal sealed class SecretMachine : IAsyncDisposable
{
    internal const string Sleep = "ExecStart=/usr/bin/sleep infinity\n";
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private readonly LabRun run;

    private SecretMachine(LabRun run, Hale.Lab.Machine machine, RealSystem real) => (this.run, Machine, Real) = (run, machine, real);

    internal Hale.Lab.Machine Machine { get; }

    internal RealSystem Real { get; }

    internal AgeIdentity Key { get; } = AgeIdentity.Generate();

    internal static async Task<SecretMachine> StartAsync(bool withKey = true)
    {
        var real = await RealSystem.MakeAsync();
        var run = await LabFixture.StartAsync();
        var made = new SecretMachine(run, await run.BootAsync("ohana"), real);
        await made.Machine.WaitForBootAsync();
        if (withKey)
            await made.GiveKeyAsync(made.Key);
        return made;
    }

    internal async Task GiveKeyAsync(AgeIdentity key) =>
        await Machine.SucceedAsync($"mkdir -p /var/lib/hale && umask 077 && cat >/var/lib/hale/key.txt <<'END'\n{key.ToKeyFile(Now)}END");

    /// <summary>The store path of encrypted files.</summary>
    internal string Seal(params (string File, string Plain)[] files) =>
        Real.Folder("hale-secrets-ohana", [.. files.Select(f => (f.File, Encrypt(f.File, f.Plain)))]);

    internal string Encrypt(string file, string plain)
    {
        var format = Path.GetExtension(file) switch { ".yaml" => SopsFormat.Yaml, ".env" => SopsFormat.Dotenv, _ => SopsFormat.Binary };
        var rules = Directory.CreateTempSubdirectory("hale-rules-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(rules, ".sops.yaml"), $"creation_rules:\n  - age: {Key.Recipient}\n");
            var path = Path.Combine(rules, file);
            return SopsFile.Encrypt(Encoding.UTF8.GetBytes(plain), format, path, SopsRules.Find(path).For(path), Now).Text;
        }
        finally
        {
            Directory.Delete(rules, recursive: true);
        }
    }

    internal static ManifestSecret Provided(string name, string? key = null, string file = "s.yaml") =>
        new() { Name = name, Origin = SecretOrigin.Provided, File = file, Key = key ?? name };

    /// <summary>Activates and tells every event.</summary>
    internal async Task<(ResultEvent Result, IReadOnlyList<ActivationEvent> Events)> ActivateAsync(PathInfo system, string? verb = null)
    {
        Real.Send(Machine, system);
        var (_, events) = await RealSystem.RunAsync(Machine, system, verb ?? $"activate --system {system.Path} --by test");
        return (Assert.IsType<ResultEvent>(events[^1]), events);
    }

    internal async Task<ResultEvent> DoneAsync(PathInfo system)
    {
        var (result, _) = await ActivateAsync(system);
        Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors));
        return result;
    }

    /// <summary>The main processes of units; one that is another is a restart.</summary>
    internal async Task<Dictionary<string, int>> PidsAsync(params string[] units)
    {
        var lines = (await Machine.SucceedAsync($"systemctl show --value -p MainPID {string.Join(' ', units)}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return units.Zip(lines).ToDictionary(p => p.First, p => int.Parse(p.Second, CultureInfo.InvariantCulture));
    }

    public async ValueTask DisposeAsync()
    {
        await run.DisposeAsync();
        Real.Dispose();
    }
}
