using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Registration.Tests.Harness;

namespace Registration.Tests;

/// <summary>The program itself, as systemd starts and stops it.</summary>
public class ProgramTests
{
    [Fact]
    public async Task Without_settings_it_refuses_to_start_and_says_all_that_is_missing()
    {
        var result = await Tools.TryAsync("dotnet", [Tools.Program("Registration")], new Dictionary<string, string>());
        Assert.Equal(1, result.Code);
        Assert.Contains("SERVER_NAME is not set", result.Error);
        Assert.Contains("HOMESERVER_URL is not set", result.Error);
        Assert.Contains("STATE_DIRECTORY is not set", result.Error);
        Assert.Contains("LoadCredential=invite_code:", result.Error);
        Assert.Contains("LoadCredential=registration_token:", result.Error);
    }

    [Theory]
    [InlineData("HOMESERVER_URL", "ftp://example.org")]
    [InlineData("HOMESERVER_PUBLIC_URL", "example.org")]
    [InlineData("WEB_CLIENT_URL", "javascript:alert(1)")]
    [InlineData("REGISTRATION_LISTEN", "https://127.0.0.1:8009")]
    [InlineData("REGISTRATION_LISTEN", "8009")]
    [InlineData("TRUSTED_PROXIES", "10.0.0.0/99")]
    [InlineData("SERVER_NAME", "https://example.org")]
    [InlineData("INVITE_CODE_FILE", "/nonexistent/code")]
    [InlineData("STATE_DIRECTORY", "/nonexistent/state")]
    public async Task A_setting_that_cannot_be_meant_is_named_with_its_value(string name, string value)
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string>(Settings(folder, Tools.FreePort())) { [name] = value };
        var result = await Tools.TryAsync("dotnet", [Tools.Program("Registration")], environment);
        Assert.Equal(1, result.Code);
        Assert.Contains(value, result.Error);
        Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task An_address_that_is_taken_is_named()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        using var folder = new TemporaryFolder();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var result = await Tools.TryAsync("dotnet", [Tools.Program("Registration")], Settings(folder, port));
        Assert.Equal(1, result.Code);
        Assert.StartsWith($"Cannot listen on http://127.0.0.1:{port}", result.Error);
    }

    [Fact]
    public async Task It_tells_systemd_when_it_is_ready_that_it_lives_and_that_it_stops()
    {
        using var folder = new TemporaryFolder();
        var port = Tools.FreePort();
        using var notify = NotifySocket(folder);
        var environment = new Dictionary<string, string>(Settings(folder, port))
        {
            ["NOTIFY_SOCKET"] = Path.Combine(folder.Path, "notify"),
            ["WATCHDOG_USEC"] = "200000",
        };
        using var process = Tools.Start("dotnet", [Tools.Program("Registration")], environment);
        Assert.StartsWith("READY=1\nSTATUS=", await ReceiveAsync(notify));
        using var client = new HttpClient();
        Assert.Equal("ok\n", await client.GetStringAsync(new Uri($"http://127.0.0.1:{port}/healthz")));
        Assert.Equal("WATCHDOG=1", await ReceiveAsync(notify));
        Assert.Equal("WATCHDOG=1", await ReceiveAsync(notify));

        await StopAsync(process);
        string last;
        do
            last = await ReceiveAsync(notify);
        while (last == "WATCHDOG=1");
        Assert.Equal("STOPPING=1", last);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task It_listens_on_a_unix_socket_for_its_group_and_takes_the_place_of_a_stale_one()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "registration.sock");
        // What a killed predecessor leaves.
        using (var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            stale.Bind(new UnixDomainSocketEndPoint(path));
        using var notify = NotifySocket(folder);
        var environment = new Dictionary<string, string>(Settings(folder, 0))
        {
            ["REGISTRATION_LISTEN"] = $"unix:{path}",
            ["NOTIFY_SOCKET"] = Path.Combine(folder.Path, "notify"),
        };
        using var process = Tools.Start("dotnet", [Tools.Program("Registration")], environment);
        await ReceiveAsync(notify);
        Assert.Equal("660\n", await Tools.RunAsync("stat", "--format=%a", path));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        Assert.Equal("ok\n", await client.GetStringAsync(new Uri("http://localhost/healthz")));
        await StopAsync(process);
        Assert.False(File.Exists(path));
    }

    // It took 5 MB of the 60 that the service may have.
    [Fact]
    public async Task Making_an_account_loads_no_openssl()
    {
        await using var homeserver = await FakeHomeserver.StartAsync(200, """{"user_id":"@ada:example.test"}""");
        using var folder = new TemporaryFolder();
        using var notify = NotifySocket(folder);
        var port = Tools.FreePort();
        var environment = new Dictionary<string, string>(Settings(folder, port))
        {
            ["HOMESERVER_URL"] = homeserver.Url.ToString(),
            ["NOTIFY_SOCKET"] = Path.Combine(folder.Path, "notify"),
        };
        using var process = Tools.Start("dotnet", [Tools.Program("Registration")], environment);
        await ReceiveAsync(notify);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        using var page = await client.GetAsync(new Uri("/register/", UriKind.Relative));
        page.EnsureSuccessStatusCode();
        using var answer = await client.PostAsJsonAsync(
            "/api/register", new { username = "ada", password = "correct horse battery", invite_code = Service.Code });
        answer.EnsureSuccessStatusCode();

        var loaded = await File.ReadAllTextAsync($"/proc/{process.Id}/maps");
        Assert.Contains("/libsodium.so", loaded);
        Assert.DoesNotContain("/libcrypto.so", loaded);
        Assert.DoesNotContain("OpenSsl", loaded);
        await StopAsync(process);
    }

    private static Dictionary<string, string> Settings(TemporaryFolder folder, int port) => new()
    {
        ["REGISTRATION_LISTEN"] = $"http://127.0.0.1:{port}",
        ["HOMESERVER_URL"] = Service.Nowhere.ToString(),
        ["SERVER_NAME"] = "example.test",
        ["STATE_DIRECTORY"] = folder.Path,
        ["INVITE_CODE_FILE"] = folder.Write("code", Service.Code + "\n"),
        ["REGISTRATION_TOKEN_FILE"] = folder.Write("token", Service.Token + "\n"),
    };

    private static Socket NotifySocket(TemporaryFolder folder)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder.Path, "notify")));
        return socket;
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[1024];
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, limit.Token));
    }

    private static async Task StopAsync(Process process)
    {
        await Tools.RunAsync("kill", "-TERM", $"{process.Id}");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        await process.WaitForExitAsync(limit.Token);
    }
}
