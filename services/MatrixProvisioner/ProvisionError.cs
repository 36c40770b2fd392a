namespace MatrixProvisioner;

/// <summary>Why something could not be provisioned, and what to do about it. Never carries a secret.</summary>
internal sealed class ProvisionError(string message, string hint) : Exception(message)
{
    public string Hint { get; } = hint;

    /// <summary>Whether it may be otherwise in a moment: the homeserver was away, or failed.</summary>
    public bool MayPass { get; init; }

    /// <summary>The homeserver answered in a way that nothing is known to follow from.</summary>
    public static ProvisionError Unexpected(string question, Answer answer) =>
        new($"The homeserver gave an unexpected answer when asked {question}: {answer.Summary}", "Look at the homeserver's log.")
        { MayPass = answer.Status >= 500 };
}
