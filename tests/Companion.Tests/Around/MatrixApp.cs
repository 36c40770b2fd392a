using System.Diagnostics;
using System.Text.Json.Nodes;

namespace AroundTheAssistant;

/// <summary>
/// A person in a new room with the assistant, by the library that Matrix apps are made with: tests/Lab.Tests/client/assistant.mjs. She opens
/// a thread and goes on in it.
/// </summary>
public sealed class MatrixApp : IAsyncDisposable
{
    private readonly Process node;
    private readonly Task<string> errors;

    private MatrixApp(Process node) => (this.node, errors) = (node, node.StandardError.ReadToEndAsync());

    /// <summary>Signs in. <paramref name="certificate"/> is the file of the authority that the homeserver's certificate is of.</summary>
    public static async Task<MatrixApp> StartAsync(
        string baseUrl, string user, string password, string assistant, bool isEncrypted, string? certificate = null)
    {
        var start = new ProcessStartInfo("node",
            [Scripts.At("tests", "Lab.Tests", "client", "assistant.mjs"), baseUrl, "127.0.0.1", user, assistant, isEncrypted ? "encrypted" : "plain"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (certificate is not null)
            start.Environment["NODE_EXTRA_CA_CERTS"] = certificate;
        var app = new MatrixApp(Process.Start(start)!);
        await app.node.StandardInput.WriteLineAsync(password);
        return app;
    }

    /// <summary>Writes, and waits for the answer: its body, whether it was encrypted, whether it stands in the thread.</summary>
    public async Task<JsonObject> SayAsync(string text)
    {
        await node.StandardInput.WriteLineAsync(text);
        await node.StandardInput.FlushAsync();
        return await ReadAsync();
    }

    /// <summary>Signs out. What the homeserver and the library have of the room.</summary>
    public async Task<JsonObject> LeaveAsync()
    {
        node.StandardInput.Close();
        return await ReadAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!node.HasExited)
            node.Kill(entireProcessTree: true);
        await node.WaitForExitAsync();
        node.Dispose();
    }

    private async Task<JsonObject> ReadAsync()
    {
        var line = await node.StandardOutput.ReadLineAsync();
        if (line is null)
            Assert.Fail(await errors);
        return JsonNode.Parse(line)!.AsObject();
    }
}
