using System.Text.Json.Nodes;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// How the assistant gets at servers of the Model Context Protocol. A program is behind a socket that only the assistant is shown; each
/// connection starts one.
/// </summary>
internal static class McpUnits
{
    private const string Folder = "/run/companion-mcp";
    private const string Seen = "/run/mcp";

    public static IEnumerable<Artifact> Of(Companion companion)
    {
        foreach (var program in companion.McpPrograms)
        {
            yield return new Unit(SocketOf(program))
            {
                WantedBy = ["sockets.target"],
                Body =
                {
                    { "Unit", "Description", $"The assistant's way to {program.Name}" },
                    { "Socket", "ListenStream", $"{Folder}/{program.Name}.sock" },
                    { "Socket", "Accept", "yes" },
                    { "Socket", "MaxConnections", "4" },
                    // The folder keeps everybody out; the assistant is shown the socket alone, under another name.
                    { "Socket", "DirectoryMode", "0700" },
                    { "Socket", "SocketMode", "0666" },
                    { "Socket", "RemoveOnStop", "yes" },
                },
            };
            yield return Service(program);
            if (program.Secrets.Count > 0)
                yield return Environment(program);
        }
    }

    /// <summary>What the assistant's own unit has because of its programs.</summary>
    public static IEnumerable<UnitLine> Lines(Companion companion)
    {
        foreach (var program in companion.McpPrograms)
        {
            yield return new("Unit", "Requires", SocketOf(program));
            yield return new("Unit", "After", SocketOf(program));
            yield return new("Service", "BindReadOnlyPaths", $"{Folder}/{program.Name}.sock:{Seen}/{program.Name}.sock");
        }
    }

    /// <summary>With it changes what a program is: the assistant connects anew, and so starts the new one.</summary>
    public static IEnumerable<Derivation> Changes(Companion companion) =>
        companion.McpPrograms.Select(program => new TextFile($"companion-mcp-{program.Name}",
            $"{program.Command}\n{string.Join(' ', program.Packages)}\n{program.Network}\n{string.Join(' ', program.Secrets.Select(one => one.Variable))}\n"));

    /// <summary>The servers as the service reads them; null where there is none.</summary>
    public static SecretText? Config(Companion companion)
    {
        if (companion.McpServers.Count == 0 && companion.McpPrograms.Count == 0)
            return null;
        var text = new SecretText(0, 0);
        var before = "{";
        foreach (var server in companion.McpServers)
        {
            var json = new JsonObject { ["url"] = server.Url, ["transport"] = server.Sse ? "sse" : "http" }.ToJsonString();
            text.AppendLiteral($"{before}\"{server.Name}\":{(server.Token is null ? json : json[..^1])}");
            if (server.Token is { } token)
            {
                text.AppendLiteral(",\"headers\":{\"Authorization\":\"Bearer ");
                text.AppendFormatted(token, "part");
                text.AppendLiteral("\"}}");
            }
            before = ",";
        }
        foreach (var program in companion.McpPrograms)
        {
            text.AppendLiteral($"{before}\"{program.Name}\":{{\"socket\":\"{Seen}/{program.Name}.sock\"}}");
            before = ",";
        }
        text.AppendLiteral("}\n");
        return text;
    }

    private static Unit Service(McpProgram program) => new($"companion-mcp-{program.Name}@.service")
    {
        // An instance ends with its connection, and without one it cannot be started again.
        WhenChanged = WhenChanged.Keep,
        Body =
        {
            { "Unit", "Description", $"{program.Name}, for the assistant" },
            { "Unit", "CollectMode", "inactive-or-failed" },
            { "Service", "ExecStart", program.Command },
            { "Service", "StandardInput", "socket" },
            { "Service", "StandardOutput", "socket" },
            { "Service", "StandardError", "journal" },
            { "Service", "DynamicUser", "yes" },
            { "Service", "TimeoutStopSec", "5" },
            HermeticRoot.On(new DebianRoot($"companion-mcp-{program.Name}", ["libc6", .. program.Packages])),
            Hardening.Strict,
            program.Network ? [] : Hardening.NoNetwork,
            program.Secrets.Count > 0 ? [new UnitLine("Service", "EnvironmentFile", Environment(program).MachinePath)] : [],
        },
    };

    private static SecretTemplate Environment(McpProgram program) =>
        SecretTemplate.Environment($"companion-mcp/{program.Name}.env", program.Secrets.Select(one => (one.Variable, one.Secret))) with
        {
            Restart = [CompanionUnits.Name],
        };

    private static string SocketOf(McpProgram program) => $"companion-mcp-{program.Name}.socket";
}
