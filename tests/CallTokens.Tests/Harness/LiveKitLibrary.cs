using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;

namespace CallTokens.Tests.Harness;

/// <summary>LiveKit's own library for servers, from npm, run by node.</summary>
internal static class LiveKitLibrary
{
    public static Task<JsonNode> VerifyAsync(string token, string secret = CallService.Secret) => RunAsync("verify", secret, token);

    public static async Task<string> SignAsync(string body, string secret = CallService.Secret) => (string)(await RunAsync("sign", secret, body))!;

    public static Task<JsonNode> MakeRoomAsync(Uri url, string room) => RunAsync("room", CallService.Secret, url.ToString(), room);

    private static async Task<JsonNode> RunAsync(string what, string secret, params string[] arguments) =>
        JsonNode.Parse(await Tools.RunAsync("node", [Path.Combine(Folder(), "livekit.mjs"), what, CallService.KeyName, secret, .. arguments]))!;

    private static string Folder([CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "..", "client");
}

/// <summary>A test with LiveKit's library: skipped, and saying so, where <c>npm ci</c> was not run; on CI it fails there.</summary>
internal sealed class LiveKitFactAttribute : FactAttribute
{
    public LiveKitFactAttribute([CallerFilePath] string path = "")
    {
        var isHere = Tools.Find("node") is not null && Directory.Exists(Path.Combine(Path.GetDirectoryName(path)!, "client", "node_modules"));
        if (!isHere && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = "SKIPPED: this test needs node, and npm ci in tests/CallTokens.Tests/client.";
    }
}
