using Hale.Declare;

namespace Hale.Evaluate;

/// <summary>Something wrong with a declaration: what, what to do, and where.</summary>
/// <param name="Message">What is wrong, with the value in question.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record Problem(string Message, string Hint)
{
    /// <summary>The line of the declaration; evaluation fills it in with the module's own line where it is null.</summary>
    public SourceLocation? Where { get; init; }

    /// <summary>Other lines that have a part in it.</summary>
    public EquatableArray<SourceLocation> Also { get; init; } = [];

    /// <summary>The host that it was found on; empty for the fleet.</summary>
    public string Host { get; init; } = "";

    /// <summary>The setting in question, so that a message can point at its very line; empty for none.</summary>
    public string Setting { get; init; } = "";
}
