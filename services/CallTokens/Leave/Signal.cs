namespace CallTokens.Leave;

/// <summary>What LiveKit tells of one person's connection.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Connection">LiveKit's id of the connection; empty where it says none.</param>
internal readonly record struct Signal(SignalKind Kind, string Connection);

/// <summary>What happened to a connection.</summary>
internal enum SignalKind
{
    /// <summary>It is up.</summary>
    Joined,

    /// <summary>It is over.</summary>
    Left,

    /// <summary>It never came up.</summary>
    Aborted,
}
