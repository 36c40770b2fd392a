using System.Diagnostics.CodeAnalysis;

namespace Hale.Secrets;

/// <summary>
/// A failure that a person caused and can mend, or a file that somebody tampered with: what is wrong and where, and what to try.
/// The message names files, keys and recipients; it never holds a secret value.
/// </summary>
/// <param name="message">What is wrong, and where.</param>
/// <param name="hint">What to try; empty where nothing useful can be said.</param>
/// <param name="innerException">What the system said, where it said something.</param>
[SuppressMessage("Naming", "CA1710", Justification = "It reads as what it is: throw new SecretsError(what, hint).")]
public sealed class SecretsError(string message, string hint = "", Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>What to try; empty where nothing useful can be said.</summary>
    public string Hint { get; } = hint;

    /// <summary>What kind of failure it is, for a caller that acts on it.</summary>
    public SecretsFault Fault { get; init; }

    /// <summary>The message, and the hint on a line of its own.</summary>
    public override string ToString() => Hint.Length == 0 ? Message : $"{Message}\n  hint: {Hint}";

    /// <summary>The same failure, said of a file.</summary>
    /// <param name="file">The file's path.</param>
    internal SecretsError In(string file) => new($"{file}: {Message}", Hint, InnerException) { Fault = Fault };
}

/// <summary>The kinds of failure. The first five after <see cref="Input"/> are those that the age format tells apart.</summary>
public enum SecretsFault
{
    /// <summary>Something else that was handed in: a key, a path, a setting, the shape of a file.</summary>
    Input,

    /// <summary>The ASCII armor of an age file is malformed.</summary>
    Armor,

    /// <summary>The header of an age file is malformed.</summary>
    Header,

    /// <summary>No identity opens the file.</summary>
    NoMatch,

    /// <summary>A file was changed after it was written: its authentication code does not match.</summary>
    Tampered,

    /// <summary>The encrypted content of an age file is damaged or ends early.</summary>
    Payload,
}
