using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hale.Catalogue;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Lab;
using Hale.Operator.Deploy;
using Hale.Produce;
using Hale.Store.Closure;
using Lab.Tests.Ohana;

namespace Lab.Tests.Homeservers;

/// <summary>
/// Two machines, east and west, with a homeserver each that talks to the other over port 8448; east keeps its data in PostgreSQL.
/// Their gateways have one local authority, made here, which both homeservers trust.
/// </summary>
public sealed class PairFixture(OhanaFixture ohana) : IAsyncLifetime
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-pair-");
    private LabRun? run;
    private string authority = "";

    public Hale.Lab.Machine East { get; private set; } = null!;

    public Hale.Lab.Machine West { get; private set; } = null!;

    /// <summary>The authority's root certificate, on this computer.</summary>
    public string Certificate => Path.Combine(folder.FullName, "root.crt");

    public async Task InitializeAsync()
    {
        if (new LabFactAttribute().Skip is not null) return;
        run = await LabFixture.StartAsync();
        (authority, var key) = MakeAuthority();
        await File.WriteAllTextAsync(Certificate, authority);
        East = await run.AddAsync(new MachineOptions("east") { Aliases = ["east.example.org"] });
        West = await run.AddAsync(new MachineOptions("west") { Aliases = ["west.example.org"] });
        await Task.WhenAll(new[] { East, West }.Select(async machine =>
        {
            await machine.StartAsync();
            const string place = "/var/lib/private/caddy/caddy/pki/authorities/local";
            await machine.SucceedAsync(
                $"mkdir -p -m 0700 /var/lib/private && mkdir -p {place} && cat > {place}/root.crt <<'END'\n{authority}\nEND\ncat > {place}/root.key <<'END'\n{key}\nEND\n");
        }));
        var results = await Task.WhenAll(DeployAsync(East, Declare("east")), DeployAsync(West, Declare("west")));
        Assert.All(results, result => Assert.True(result.Outcome == Outcome.Done, string.Join('\n', result.Errors)));
    }

    public async Task DisposeAsync()
    {
        if (run is not null) await run.DisposeAsync();
        folder.Delete(recursive: true);
    }

    /// <summary>What a machine of the pair declares.</summary>
    public Matrix Declare(string name) => new()
    {
        ServerName = $"{name}.example.org",
        Federation = true,
        FederationPort = 8448,
        OpenFirewall = true,
        FederationAuthorities = [new TextFile("root.pem", authority)],
        FederationNetworks = ["10.77.0.0/16"],
        Database = name == "east" ? HomeserverDatabase.PostgreSql : HomeserverDatabase.Embedded,
    };

    /// <summary>Deploys a homeserver with what it needs.</summary>
    public Task<DeploymentResult> DeployAsync(Hale.Lab.Machine machine, Matrix matrix, int databaseMemory = 128, bool adoptData = false)
    {
        var host = new Host(machine.Name) { Modules = { new Caddy { Email = "admin@example.org" }, matrix } };
        if (machine == East)
            host.Modules.Add(new PostgreSql { MemoryMegabytes = databaseMemory });
        return ohana.DeployAsync(OhanaFixture.PlanOf(new Fleet("example.org") { Hosts = { host } }, machine.Name), machine,
            new SwitchOptions { AdoptData = adoptData });
    }

    /// <summary>A client on this computer that finds every name at the machine.</summary>
    public HttpClient Client(Hale.Lab.Machine machine) => MachineClient.Make(machine.Forward(443).LocalPort, Certificate);

    /// <summary>The administrator's password, which the machine made.</summary>
    public static async Task<string> PasswordAsync(Hale.Lab.Machine machine) => (await machine.SucceedAsync("cat /run/secrets/matrix/admin_password")).Trim();

    /// <summary>Makes an account on the machine itself, with the registration token.</summary>
    public static async Task RegisterAsync(Hale.Lab.Machine machine, string user, string password)
    {
        const string post = "curl --silent http://127.0.0.1:8008/_matrix/client/v3/register --json";
        var token = (await machine.SucceedAsync("cat /run/secrets/matrix/registration_token")).Trim();
        var session = JsonDocument.Parse(await machine.SucceedAsync($"{post} '{{}}'")).RootElement.GetProperty("session").GetString();
        foreach (var stage in new JsonObject[] { new() { ["type"] = "m.login.registration_token", ["token"] = token }, new() { ["type"] = "m.login.dummy" } })
        {
            stage["session"] = session;
            var body = new JsonObject { ["username"] = user, ["password"] = password, ["inhibit_login"] = true, ["auth"] = stage };
            await machine.SucceedAsync($"{post} '{body.ToJsonString()}'");
        }
    }

    /// <summary>A root certificate and its private key, in PEM.</summary>
    public static (string Certificate, string Key) MakeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Hale lab pair", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 1, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(2));
        return (certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem());
    }
}
