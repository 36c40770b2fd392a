using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Registration.Tests.Harness;

/// <summary>A real Synapse on loopback, with an empty database of its own, and its own default limits on registrations.</summary>
// xunit disposes of it, by IAsyncLifetime.
#pragma warning disable CA1001
public sealed class SynapseServer : IAsyncLifetime
{
    public const string SharedSecret = "the shared secret of the tests";
    public const string AdminPassword = "the password of the admin";

    private readonly TemporaryFolder state = new();
    private Process? process;
    private StreamWriter? log;

    public Uri Url { get; } = new($"http://127.0.0.1:{Tools.FreePort()}");

    public HttpClient Client { get; } = new();

    public async Task InitializeAsync()
    {
        var root = await SynapseRoot.GetAsync();
        state.Write("signing.key", $"ed25519 a_test {Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=')}\n");
        state.Write("homeserver.yaml", $$"""
            server_name: example.test
            pid_file: /tmp/homeserver.pid
            signing_key_path: /tmp/signing.key
            media_store_path: /tmp/media
            database: { name: sqlite3, args: { database: /tmp/homeserver.db } }
            listeners:
              - port: {{Url.Port}}
                type: http
                bind_addresses: [127.0.0.1]
                x_forwarded: true
                resources: [{ names: [client] }]
            enable_registration: true
            registration_requires_token: true
            registration_shared_secret: {{SharedSecret}}
            macaroon_secret_key: not secret
            form_secret: not secret
            trusted_key_servers: []
            federation_domain_whitelist: []
            report_stats: false
            bcrypt_rounds: 4
            rc_login:
              address: { per_second: 100, burst_count: 100 }
              account: { per_second: 100, burst_count: 100 }
              failed_attempts: { per_second: 100, burst_count: 100 }
            rc_registration_token_validity: { per_second: 100, burst_count: 100 }
            """);

        // The mounts are in a namespace of their own and end with it. The shell lives as long as its input is open, and takes
        // Synapse with it: also when the test run is killed.
        const string script = """
            mount --bind "$1" "$2/tmp" && mount -t proc proc "$2/proc" || exit 1
            chroot "$2" /usr/bin/python3 -m synapse.app.homeserver --config-path=/tmp/homeserver.yaml </dev/null &
            cat >/dev/null
            kill $!
            wait $!
            """;
        process = Tools.Start("unshare", ["--mount", "sh", "-c", script, "sh", state.Path, root], new Dictionary<string, string>());
        log = new StreamWriter(Path.Combine(state.Path, "log")) { AutoFlush = true };
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await WaitAsync();
    }

    public async Task DisposeAsync()
    {
        if (process is not null)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        if (log is not null)
            await log.DisposeAsync();
        Client.Dispose();
        state.Dispose();
    }

    public async Task<(int Status, JsonObject Body)> SendAsync(
        HttpMethod method, string path, JsonObject? body = null, string? accessToken = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(Url, path));
        if (body is not null)
            request.Content = JsonContent.Create(body);
        if (accessToken is not null)
            request.Headers.Authorization = new("Bearer", accessToken);
        using var response = await Client.SendAsync(request);
        return ((int)response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    public Task<(int Status, JsonObject Body)> LogInAsync(string user, string password) =>
        SendAsync(HttpMethod.Post, "/_matrix/client/v3/login", new JsonObject
        {
            ["type"] = "m.login.password",
            ["identifier"] = new JsonObject { ["type"] = "m.id.user", ["user"] = user },
            ["password"] = password,
        });

    /// <summary>Ends what <see cref="LogInAsync"/> began.</summary>
    public Task LogOutAsync(JsonObject session) =>
        SendAsync(HttpMethod.Post, "/_matrix/client/v3/logout", [], (string)session["access_token"]!);

    private async Task WaitAsync()
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < TimeSpan.FromMinutes(5))
        {
            if (process!.HasExited)
                break;
            try
            {
                if ((await Client.GetAsync(new Uri(Url, "/health"))).StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not yet.
            }
            await Task.Delay(100);
        }
        throw new InvalidOperationException($"Synapse did not come up:\n{await File.ReadAllTextAsync(Path.Combine(state.Path, "log"))}");
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        lock (state)
            log!.WriteLine(line.Data);
    }
}

[CollectionDefinition(Name)]
public sealed class RealSynapse : ICollectionFixture<SynapseServer>
{
    public const string Name = "a real Synapse";
}
