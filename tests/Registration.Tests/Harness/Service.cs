using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Registration.Admin;
using Registration.Hosting;
using Registration.Settings;

namespace Registration.Tests.Harness;

/// <summary>The service itself, on a free port of loopback, and a client that speaks to it as a browser or a program would.</summary>
internal sealed class Service : IAsyncDisposable
{
    public const string Code = "garden-otter-42";
    public const string Token = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    public const string Password = "correct horse battery";

    // Port 9 (discard) of loopback: nothing listens there.
    public static readonly Uri Nowhere = new("http://127.0.0.1:9");

    private readonly SmallServer server;
    private readonly TemporaryFolder? ownState;

    private Service(SmallServer server, CollectedLog log, TemporaryFolder? ownState, string state)
    {
        this.server = server;
        this.ownState = ownState;
        State = state;
        Log = log;
        Url = new Uri(server.Url);
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = Url };
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public CollectedLog Log { get; }

    /// <summary>The folder with the store and the socket for administrators.</summary>
    public string State { get; }

    public static async Task<Service> StartAsync(
        Uri? homeserver = null, Func<ServiceSettings, ServiceSettings>? tweak = null, Action<RegistrationOptions>? configure = null, string? state = null)
    {
        var own = state is null ? new TemporaryFolder() : null;
        var folder = state ?? own!.Path;
        var settings = new ServiceSettings
        {
            Listen = "http://127.0.0.1:0",
            StateFolder = folder,
            AdminSocket = Path.Combine(folder, "admin.sock"),
            PageUrl = new Uri("https://example.test/register/"),
            HomeserverUrl = homeserver ?? Nowhere,
            ServerName = "example.test",
            HomeserverPublicUrl = "https://matrix.example.test",
            InviteCode = new SecretText(Code),
            RegistrationToken = new SecretText(Token),
        };
        var log = new CollectedLog();
        var server = RegistrationApp.Build(tweak?.Invoke(settings) ?? settings, options =>
        {
            options.Loggers = log;
            configure?.Invoke(options);
        });
        await server.StartAsync();
        return new Service(server, log, own, folder);
    }

    /// <summary>Asks over the administrators' socket, through the program that root runs.</summary>
    public async Task<JsonObject> AdminAsync(JsonObject request)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(request.ToJsonString()));
        using var output = new MemoryStream();
        await AdminTool.RunAsync(Path.Combine(State, "admin.sock"), input, output);
        return JsonNode.Parse(output.ToArray())!.AsObject();
    }

    /// <summary>Makes an invite; its id and its code.</summary>
    public async Task<(string Id, string Code)> InviteAsync(JsonObject? request = null)
    {
        request ??= [];
        request["verb"] = "create";
        var made = await AdminAsync(request);
        Assert.False(made.ContainsKey("problems"), made.ToJsonString());
        return ((string)made["invite"]!["id"]!, (string)made["code"]!);
    }

    /// <summary>An invite as administrators see it, with its uses.</summary>
    public Task<JsonObject> ShowAsync(string id) => AdminAsync(new JsonObject { ["verb"] = "show", ["id"] = id });

    /// <summary>Posts to the API. A proxy on loopback is trusted, so <paramref name="from"/> decides who asks.</summary>
    public Task<Reply> ApiAsync(string username, string password = Password, string code = Code, string? from = null) =>
        SendJsonAsync(new JsonObject { ["username"] = username, ["password"] = password, ["invite_code"] = code }.ToJsonString(), from);

    public Task<Reply> SendJsonAsync(string json, string? from = null) =>
        SendAsync(HttpMethod.Post, "/api/register", new StringContent(json, Encoding.UTF8, "application/json"), from);

    public Task<Reply> FormAsync(string username, string password = Password, string code = Code, string? from = null) =>
        SendAsync(HttpMethod.Post, "/register/", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["username"] = username,
            ["password"] = password,
            ["invite_code"] = code,
        }), from);

    public async Task<Reply> SendAsync(
        HttpMethod method, string path, HttpContent? content = null, string? from = null, string? site = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (from is not null)
            request.Headers.Add("X-Forwarded-For", from);
        if (site is not null)
            request.Headers.Add("Sec-Fetch-Site", site);
        using var response = await Client.SendAsync(request);
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.StopAsync();
        await server.DisposeAsync();
        if (Directory.Exists(State))
            ownState?.Dispose();
    }
}

internal sealed record Reply(int Status, string Text, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders)
{
    public string? Error => JsonNode.Parse(Text)!["error"]?.GetValue<string>();

    public double? RetryAfter => Headers.RetryAfter?.Delta?.TotalSeconds;
}
