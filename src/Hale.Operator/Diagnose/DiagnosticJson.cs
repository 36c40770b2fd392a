using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hale.Operator.Diagnose;

/// <summary>A diagnostic as <c>--json</c> gives it.</summary>
public sealed record JsonDiagnostic(
    string Message, string? Hint, string? Code, string Severity, string? File, int? Line, int? Column, IReadOnlyList<string> Hosts,
        IReadOnlyList<JsonPlace> Also)
{
    /// <summary>The diagnostic with an absolute path, and nulls for what it does not say.</summary>
    public static JsonDiagnostic From(Diagnostic diagnostic)
    {
        ArgumentNullException.ThrowIfNull(diagnostic);
        return new(
            diagnostic.Message,
            diagnostic.Hint.Length == 0 ? null : diagnostic.Hint,
            diagnostic.Code.Length == 0 ? null : diagnostic.Code,
            diagnostic.IsWarning ? "warning" : "error",
            diagnostic.File,
            diagnostic.Line == 0 ? null : diagnostic.Line,
            diagnostic.Column == 0 ? null : diagnostic.Column,
            diagnostic.Hosts,
            [.. diagnostic.Also.Select(also => new JsonPlace(also.File, also.Line))]);
    }
}

/// <summary>A place in a source.</summary>
/// <param name="File">The absolute path.</param>
/// <param name="Line">The line, from 1.</param>
public sealed record JsonPlace(string File, int Line);

/// <summary>What <c>--json</c> gives where a command was refused.</summary>
/// <param name="Problems">Everything that is wrong.</param>
public sealed record JsonProblems(IReadOnlyList<JsonDiagnostic> Problems);

/// <summary>JSON of diagnostics.</summary>
[JsonSerializable(typeof(JsonProblems))]
public sealed partial class DiagnosticJson : JsonSerializerContext
{
    /// <summary>One document that holds them all.</summary>
    public static string Document(IEnumerable<Diagnostic> diagnostics) =>
        JsonSerializer.Serialize(
            new JsonProblems([.. diagnostics.Select(one => Diagnose.JsonDiagnostic.From(one))]),
            new DiagnosticJson(ResultJson.Document()).JsonProblems);
}
