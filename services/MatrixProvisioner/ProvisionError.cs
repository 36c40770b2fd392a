namespace MatrixProvisioner;

/// <summary>Why the token could not be provisioned, and what to do about it. Never carries a secret.</summary>
internal sealed class ProvisionError(string message, string hint) : Exception(message)
{
    public string Hint { get; } = hint;
}
