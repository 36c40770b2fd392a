using Hale.Operator.Diagnose;
using Hale.Store.Closure;

namespace Hale.Operator.Report;

/// <summary>The last line of a command that writes JSON lines.</summary>
internal static class Ending
{
    /// <summary>The command was refused before anything was touched.</summary>
    public static ResultEvent Refused(IEnumerable<Diagnostic> diagnostics) => new()
    {
        Outcome = Outcome.Refused,
        Errors = [.. diagnostics.Select(one => new ActivationError(
            one.File is null || one.Line == 0 ? one.Message : $"{one.File}:{one.Line}: {one.Message}", one.Hint.Length == 0 ? null : one.Hint))],
    };
}
