namespace Hale.Catalogue.Tests;

/// <summary>Debian's Synapse on the rendered homeserver.yaml, with folders of the test's own in the place of state and credentials.</summary>
public sealed class RunningSynapse : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-synapse-");
    private readonly RunningProgram program;

    private RunningSynapse(Matrix matrix, Module[] others)
    {
        Port = matrix.Port.Number;
        var plan = Fleets.Evaluate([new Caddy { Email = "admin@example.org" }, matrix, .. others]).Single();
        var unit = plan.Unit(SynapseUnit.Name);
        foreach (var id in unit.Credentials.Select(credential => credential.Id))
            File.WriteAllText(At(id), $"{id}-of-a-test-0123456789abcdef0123456789abcdef");
        var log = plan.Derivations.Single(derivation => derivation.Name == "log.yaml");
        File.WriteAllText(At("log.yaml"), plan.Text("log.yaml"));
        File.WriteAllText(At("homeserver.yaml"), plan.Text("homeserver.yaml")
            .Replace(SynapseUnit.State, folder.FullName, StringComparison.Ordinal)
            .Replace($"/run/credentials/{SynapseUnit.Name}", folder.FullName, StringComparison.Ordinal)
            .Replace(log.Path, At("log.yaml"), StringComparison.Ordinal));

        // The unit's own command, but for the path of the configuration.
        var command = unit.Body.Single(line => line.Key == "ExecStart").Value.ToString().Split(' ');
        Assert.StartsWith("--config-path=", command[^1], StringComparison.Ordinal);
        var tree = DebianTree.Of("matrix-synapse", "sid");
        var start = tree.Start(command[0].TrimStart('/'), [.. command[1..^1], $"--config-path={At("homeserver.yaml")}"]);
        start.WorkingDirectory = folder.FullName;
        start.Environment["PYTHONHOME"] = Path.Combine(tree.Path, "usr");
        start.Environment["PYTHONPATH"] = Path.Combine(tree.Path, "usr/lib/python3/dist-packages");
        start.Environment["PYTHONPYCACHEPREFIX"] = $"{tree.Path}.pycache";
        program = new RunningProgram(start);
    }

    public int Port { get; }

    public RawHttp Http => new(Port, null);

    public string Output => program.Output;

    /// <param name="matrix">The homeserver.</param>
    /// <param name="others">Modules of the same host, which may ask something of it.</param>
    public static async Task<RunningSynapse> StartAsync(Matrix matrix, params Module[] others)
    {
        var synapse = new RunningSynapse(matrix, others);
        try
        {
            await synapse.program.ListensAsync(synapse.Port, TimeSpan.FromSeconds(120));
            return synapse;
        }
        catch
        {
            synapse.Dispose();
            throw;
        }
    }

    public int ProcessId => program.Id;

    /// <summary>What one of its unit's credentials holds here.</summary>
    public string Credential(string id) => File.ReadAllText(At(id));

    public bool Has(string file) => File.Exists(At(file));

    public void Dispose()
    {
        program.Dispose();
        folder.Delete(recursive: true);
    }

    private string At(string file) => Path.Combine(folder.FullName, file);
}
