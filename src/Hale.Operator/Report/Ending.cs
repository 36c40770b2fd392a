using System.Text.Json.Nodes;
using Hale.Operator.Diagnose;
using Hale.Store.Closure;

namespace Hale.Operator.Report;

/// <summary>
/// The last line of a command that writes JSON lines, where no machine could say it: an event <c>result</c> like the activator's, with the
/// outcome <c>refused</c>, <c>unreachable</c> or <c>failed</c>.
/// </summary>
internal static class Ending
{
    private const int Unreachable = 5;

    /// <summary>The command was refused before anything was touched.</summary>
    public static string Line(int exitCode, IEnumerable<Diagnostic> diagnostics) =>
        Line(null, exitCode, diagnostics.Select(one => new ActivationError(
        one.File is null || one.Line == 0 ? one.Message : $"{one.File}:{one.Line}: {one.Message}", one.Hint.Length == 0 ? null
            : one.Hint)));

    /// <summary>The command ended early for a host.</summary>
    public static string Line(string? host, int exitCode, IEnumerable<ActivationError> errors)
    {
        var line = new JsonObject { ["event"] = "result" };
        if (host is not null)
            line["host"] = host;
        line["outcome"] = exitCode switch { Unreachable => "unreachable", > Unreachable => "failed", _ => "refused" };
        line["exitCode"] = exitCode;
        var list = new JsonArray();
        foreach (var error in errors)
        {
            var entry = new JsonObject { ["message"] = error.Message };
            if (error.Hint is not null)
                entry["hint"] = error.Hint;
            list.Add((JsonNode)entry);
        }
        line["errors"] = list;
        return line.ToJsonString(ResultJson.Line());
    }
}
