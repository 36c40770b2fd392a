namespace ServiceHost;

/// <summary>
/// A secret read from a credential. It prints as nothing, so that no log line, exception or record can show it by accident.
/// </summary>
public sealed class SecretText(string value)
{
    /// <summary>The secret itself, for the one request that must carry it.</summary>
    public string Reveal() => value;

    public override string ToString() => "(secret)";
}
