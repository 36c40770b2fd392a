using System.Diagnostics;

namespace Companion.Tests.Harness;

/// <summary>A server of the Model Context Protocol's own SDK: tests/Companion.Tests/client/server.mjs.</summary>
internal sealed class OfficialMcp(Process node, string said) : IAsyncDisposable
{
    /// <summary>What it printed when it was ready.</summary>
    public string Said => said;

    public static string Script => Scripts.At("tests", "Companion.Tests", "client", "server.mjs");

    public static async Task<OfficialMcp> StartAsync(string kind, string argument)
    {
        var node = Process.Start(new ProcessStartInfo("node", [Script, kind, argument]) { RedirectStandardOutput = true })!;
        return new OfficialMcp(node, await node.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"{Script} {kind} did not start"));
    }

    public async ValueTask DisposeAsync()
    {
        node.Kill();
        await node.WaitForExitAsync();
        node.Dispose();
    }
}
