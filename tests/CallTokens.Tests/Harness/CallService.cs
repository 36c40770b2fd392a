using System.Collections.Frozen;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CallTokens.Hosting;
using CallTokens.Settings;

namespace CallTokens.Tests.Harness;

/// <summary>The service itself on a free port of loopback, with a fake LiveKit, and a homeserver that a setting names.</summary>
internal sealed class CallService : IAsyncDisposable
{
    public const string KeyName = "testkey";
    public const string Secret = "0123456789abcdef0123456789abcdef";
    public const string Home = "home.test";

    private readonly SmallServer server;
    private readonly FakeHome home;

    private CallService(SmallServer server, FakeLiveKit liveKit, FakeHome home, CollectedLog log)
    {
        (this.server, LiveKit, this.home, Log) = (server, liveKit, home, log);
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = new Uri(server.Url) };
    }

    public FakeLiveKit LiveKit { get; }

    /// <summary>The homeserver <see cref="Home"/>, which is asked without discovery.</summary>
    public FakeHome Homeserver => home;

    public HttpClient Client { get; }

    public CollectedLog Log { get; }

    public static async Task<CallService> StartAsync(Func<ServiceSettings, ServiceSettings>? tweak = null, Action<CallTokensOptions>? configure = null)
    {
        var liveKit = await FakeLiveKit.StartAsync();
        var home = await FakeHome.StartAsync();
        var settings = new ServiceSettings
        {
            Listen = "http://127.0.0.1:0",
            LiveKitUrl = new Uri("wss://calls.test/livekit/sfu"),
            LiveKitApi = liveKit.Url,
            Key = new LiveKitKey(KeyName, new SecretText(Secret)),
            FullAccess = FullAccess.Parse(Home).Access!,
            LocalServers = new Dictionary<string, Uri> { [Home] = home.Url }.ToFrozenDictionary(),
        };
        var log = new CollectedLog();
        var server = CallTokensApp.Build(tweak?.Invoke(settings) ?? settings, options =>
        {
            options.Loggers = log;
            options.Resolve = (_, _) => throw new InvalidOperationException("The test resolves no names.");
            options.FindSrv = (_, _) => throw new InvalidOperationException("The test looks up no records.");
            configure?.Invoke(options);
        });
        await server.StartAsync();
        return new CallService(server, liveKit, home, log);
    }

    /// <summary>A whole request to /get_token.</summary>
    public static JsonObject Request(string user = "@alice:home.test", string token = "alice's token", string server = Home) => new()
    {
        ["room_id"] = "!room:home.test",
        ["slot_id"] = "m.call#ROOM",
        ["openid_token"] = OpenId(token, server),
        ["member"] = new JsonObject { ["id"] = "member", ["claimed_user_id"] = user, ["claimed_device_id"] = "DEVICE" },
    };

    /// <summary>A whole request to /sfu/get.</summary>
    public static JsonObject Legacy(string token = "alice's token", string server = Home) =>
        new() { ["room"] = "!room:home.test", ["openid_token"] = OpenId(token, server), ["device_id"] = "DEVICE" };

    public Task<Reply> GetTokenAsync(JsonObject request) => PostAsync("/get_token", request.ToJsonString());

    public async Task<Reply> PostAsync(string path, string json, string? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await SendAsync(request);
    }

    public async Task<Reply> SendAsync(HttpRequestMessage request)
    {
        using var response = await Client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value));
        return new Reply((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    public Task StopAsync() => server.StopAsync();

    public void BeginStopping() => server.BeginStopping();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await server.StopAsync();
        await server.DisposeAsync();
        await LiveKit.DisposeAsync();
        await home.DisposeAsync();
    }

    private static JsonObject OpenId(string token, string server) =>
        new() { ["access_token"] = token, ["token_type"] = "Bearer", ["matrix_server_name"] = server, ["expires_in"] = 3600 };
}

/// <summary>An answer of the service.</summary>
internal sealed record Reply(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonObject Json => JsonNode.Parse(Text)!.AsObject();

    public string? ErrCode => (string?)Json["errcode"];

    public string Jwt => (string)Json["jwt"]!;

    /// <summary>What the token says, read without checking it.</summary>
    public JsonObject Claims => JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(Jwt.Split('.')[1]))!.AsObject();
}
