using Hale.Activator.Data;
using Hale.Store.Closure;

namespace Hale.Activator;

/// <summary>What to activate.</summary>
/// <param name="System">The store path of a system closure on this machine.</param>
/// <param name="By">Who asks: <c>user@computer</c>.</param>
/// <param name="Revision">The git revision, where it is not the manifest's own.</param>
/// <param name="AnyOs">Whether to try on another system than Debian 13.</param>
/// <param name="Earlier">The generation to go back to; null for a new one.</param>
internal sealed record ActivationRequest(string System, string By = "", string? Revision = null, bool AnyOs = false, Generation? Earlier = null)
{
    /// <summary>What was said about the data of services.</summary>
    internal DataChoices Data { get; init; } = new();

    /// <summary>What changes now, and what at the next boot.</summary>
    internal SwitchMode Mode { get; init; }

    /// <summary>Whether the machine stays in a system that failed, until its next boot.</summary>
    internal bool NoRollback { get; init; }

    /// <summary>How many seconds to wait to be reached over a new connection; 0 for not at all.</summary>
    internal int Confirm { get; init; }

    /// <summary>By what the operator confirms and asks how it ended.</summary>
    internal string? Token { get; init; }
}
