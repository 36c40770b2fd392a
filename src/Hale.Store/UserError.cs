using System.Diagnostics.CodeAnalysis;

namespace Hale.Store;

/// <summary>
/// A failure that a person caused and can mend: what went wrong and where, with the value, and what to try next.
/// Everything else that escapes is a defect of Hale.
/// </summary>
/// <param name="message">What is wrong, and where, with the value that is wrong. One sentence, or several lines where several things are.</param>
/// <param name="hint">What to try; empty where nothing useful can be said.</param>
/// <param name="innerException">What the system said, where it said something.</param>
[SuppressMessage("Naming", "CA1710", Justification = "It reads as what it is: throw new UserError(what, hint).")]
public sealed class UserError(string message, string hint, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What to try; empty where nothing useful can be said.</summary>
    public string Hint { get; } = hint;

    /// <summary>The exit code of the command that meets it: 1, refused, unless said otherwise.</summary>
    public int ExitCode { get; init; } = 1;

    /// <summary>Whether it failed because a mirror no longer has what a lock pins.</summary>
    public bool WasDropped { get; init; }

    /// <summary>Several failures as one: every message on its own line, and every hint once.</summary>
    /// <param name="failures">At least one.</param>
    public static UserError Together(IEnumerable<UserError> failures)
    {
        ArgumentNullException.ThrowIfNull(failures);
        var all = failures.DistinctBy(failure => failure.Message).OrderBy(failure => failure.Message, StringComparer.Ordinal).ToList();
        return all is [var one]
            ? one
            : new UserError(
                string.Join('\n', all.Select(failure => failure.Message)),
                string.Join(' ', all.Select(failure => failure.Hint).Where(hint => hint.Length > 0).Distinct()),
                all[0])
            {
                ExitCode = all[0].ExitCode,
                WasDropped = all.Exists(failure => failure.WasDropped),
            };
    }

    /// <summary>The message, and the hint on a line of its own.</summary>
    public override string ToString() => Hint.Length == 0 ? Message : $"{Message}\n  hint: {Hint}";
}
