using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Playwright;

namespace Registration.Tests.Harness;

/// <summary>Looks with axe-core for what keeps people out of a page.</summary>
internal static class Axe
{
    private const string Missing = "Run npm ci in tests/Registration.Tests/client (./test does).";

    /// <summary>What is wrong: the rule, and where.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(IPage page)
    {
        var script = Path.Combine(Folder(), "client", "node_modules", "axe-core", "axe.min.js");
        Assert.True(File.Exists(script), Missing);
        // Not as a script of the page, whose policy allows none but its own.
        await page.EvaluateAsync(await File.ReadAllTextAsync(script));
        var violations = await page.EvaluateAsync<JsonElement>(
            "async () => (await axe.run()).violations.map(one => `${one.id}: ${one.help}: ${one.nodes.map(node => node.target.join(' ') + ' ' + node.failureSummary).join('; ')}`)");
        return [.. violations.EnumerateArray().Select(one => one.GetString()!)];
    }

    /// <summary>Whether something is wider than the window, so that the page must be pushed sideways.</summary>
    public static Task<bool> IsTooWideAsync(IPage page) =>
        page.EvaluateAsync<bool>("document.documentElement.scrollWidth > document.documentElement.clientWidth");

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(Path.GetDirectoryName(file))!;
}
