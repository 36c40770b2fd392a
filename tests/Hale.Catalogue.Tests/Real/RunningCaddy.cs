using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;

namespace Hale.Catalogue.Tests;

/// <summary>
/// Debian's Caddy, serving what the modules of a host come to: the rendered configuration itself, on free ports, with folders of the
/// test's own in the place of /run and of store paths.
/// </summary>
public sealed class RunningCaddy : IDisposable
{
    private readonly DirectoryInfo folder;
    private readonly IReadOnlyDictionary<string, string> paths;
    private readonly RunningProgram program;
    private readonly int httpPort = RunningProgram.FreePort();
    private readonly int httpsPort = RunningProgram.FreePort();
    private X509Certificate2? root;

    private RunningCaddy(DirectoryInfo folder, IReadOnlyDictionary<string, string> paths, Fleet fleet)
    {
        (this.folder, this.paths) = (folder, paths);
        Write(fleet);
        program = new RunningProgram(Start(folder.FullName, "run", "--config", Config));
    }

    public RawHttp Http => new(httpPort, null);

    public RawHttp Https => At(httpsPort);

    public int HttpsPort => httpsPort;

    /// <summary>Whose certificates it shows.</summary>
    public X509Certificate2 Authority => root ?? throw new InvalidOperationException("it has not started");

    /// <summary>HTTPS at another port of its own.</summary>
    public RawHttp At(int port) => new(port, root);

    public string Output => program.Output;

    public int ProcessId => program.Id;

    private string Config => Path.Combine(folder.FullName, "caddy.json");

    private string Hold => Path.Combine(folder.FullName, "hold.nft");

    private string Socket => Path.Combine(folder.FullName, "admin.sock");

    /// <param name="modules">The host's modules and contributions; Caddy is added.</param>
    /// <param name="paths">Placeholders of store paths, and the folders to use in their place.</param>
    public static async Task<RunningCaddy> StartAsync(Host modules, IReadOnlyDictionary<string, string>? paths = null)
    {
        var caddy = new RunningCaddy(Directory.CreateTempSubdirectory("hale-caddy-"), paths ?? new Dictionary<string, string>(), Fleets.Of(modules));
        try
        {
            await caddy.program.ListensAsync(caddy.httpsPort, TimeSpan.FromSeconds(60));
            await caddy.program.ListensAsync(caddy.httpPort, TimeSpan.FromSeconds(60));
            var root = Path.Combine(caddy.folder.FullName, "caddy", "pki", "authorities", "local", "root.crt");
            caddy.root = X509CertificateLoader.LoadCertificateFromFile(root);
            await caddy.CertifiedAsync(modules);
            return caddy;
        }
        catch
        {
            caddy.Dispose();
            throw;
        }
    }

    /// <summary>Debian's Caddy on a configuration, as the tests of a single command need it.</summary>
    public static (int ExitCode, string Output) Validate(string json)
    {
        var folder = Directory.CreateTempSubdirectory("hale-caddy-");
        try
        {
            var config = Path.Combine(folder.FullName, "caddy.json");
            File.WriteAllText(config, json);
            return Finished(Start(folder.FullName, "validate", "--config", config));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Hands over another configuration, as the units' ExecReload do. Needs a network that is the test's own.</summary>
    public (int ExitCode, string Output) Reload(Host modules)
    {
        Write(Fleets.Of(modules));
        var held = Finished(Captured("sh", "-c", "nft -f \"$0\" && sleep \"$1\"", Hold, ReloadHold.Pause));
        if (held.ExitCode != 0)
            return held;
        return Finished(Start(folder.FullName, "reload", "--config", Config, "--address", $"unix/{Socket}"));
    }

    public void Dispose()
    {
        program.Dispose();
        folder.Delete(recursive: true);
    }

    // Certificates are made after the ports are open.
    private async Task CertifiedAsync(Host modules)
    {
        foreach (var name in Evaluator.Evaluate(Fleets.Of(modules)).Plans[0].Sites())
            for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
                try
                {
                    await Https.GetAsync(name, "/");
                    break;
                }
                catch (Exception) when (clock.Elapsed < TimeSpan.FromSeconds(60))
                {
                    // Not yet.
                }
    }

    private void Write(Fleet fleet)
    {
        var lab = new Caddy { HttpPort = httpPort, HttpsPort = httpsPort, LocalAuthority = true, LocalNames = true };
        fleet.Hosts.Single().Value.Force.Add(lab);
        var plan = Evaluator.Evaluate(fleet).Single();
        File.WriteAllText(Hold, ((TextFile)plan.Files.Single(file => file.Path == "/etc/caddy/reload-hold.nft").Content).Content.ToString());
        var json = plan.CaddyJson().Replace(CaddyUnit.AdminSocket, $"unix/{Socket}", StringComparison.Ordinal);
        foreach (var (placeholder, path) in paths)
            json = json.Replace(placeholder, path, StringComparison.Ordinal);
        File.WriteAllText(Config, json);
    }

    private static ProcessStartInfo Start(string folder, params string[] arguments)
    {
        var start = DebianTree.Of("caddy", "sid").Start("usr/bin/caddy", arguments);
        foreach (var variable in (string[])["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"])
            start.Environment[variable] = folder;
        return start;
    }

    private static ProcessStartInfo Captured(string program, params string[] arguments) =>
        new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

    private static (int ExitCode, string Output) Finished(ProcessStartInfo start)
    {
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
