using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Registration.Admin;

namespace Registration.Tests.Harness;

/// <summary>The program as a process of its own, which can be killed as by a crash.</summary>
internal sealed class Killable(TemporaryFolder state, Uri homeserver) : IDisposable
{
    private readonly int port = Tools.FreePort();
    private readonly HttpClient client = new();
    private Process? process;

    private string Socket => Path.Combine(state.Path, "killable.sock");

    public async Task StartAsync()
    {
        process = Tools.Start("dotnet", [Tools.Program("Registration")], new Dictionary<string, string>
        {
            ["REGISTRATION_LISTEN"] = $"http://127.0.0.1:{port}",
            ["REGISTRATION_ADMIN_SOCKET"] = Socket,
            ["HOMESERVER_URL"] = homeserver.ToString(),
            ["SERVER_NAME"] = "example.test",
            ["STATE_DIRECTORY"] = state.Path,
            ["INVITE_CODE_FILE"] = state.Write("code", Service.Code),
            ["REGISTRATION_TOKEN_FILE"] = state.Write("token", Service.Token),
        });
        for (var tries = 0; tries < 300; tries++)
            try
            {
                await client.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz"));
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        throw new TimeoutException("The service did not come up.");
    }

    public async Task<string> InviteAsync()
    {
        using var input = new MemoryStream("""{"verb":"create"}"""u8.ToArray());
        using var output = new MemoryStream();
        await AdminTool.RunAsync(Socket, input, output);
        return (string)JsonNode.Parse(Encoding.UTF8.GetString(output.ToArray()))!["code"]!;
    }

    public Task<HttpResponseMessage> RegisterAsync(string username, string code) => client.PostAsJsonAsync(
        new Uri($"http://127.0.0.1:{port}/api/register"),
        new JsonObject { ["username"] = username, ["password"] = Service.Password, ["invite_code"] = code });

    public void Kill()
    {
        process!.Kill();
        process.WaitForExit();
    }

    public void Dispose()
    {
        if (process is { HasExited: false })
            Kill();
        process?.Dispose();
        client.Dispose();
    }
}
