namespace Hale.Produce;

/// <summary>What a module comes to: a unit, a file of /etc, a user, a folder, state, a secret, or something to build.</summary>
public abstract record Artifact;

/// <summary>A link below /etc to something in the store.</summary>
/// <param name="Path">The absolute path, below /etc.</param>
/// <param name="Content">What stands there.</param>
public sealed record EtcFile(string Path, Derivation Content) : Artifact;

/// <summary>A system user with a group of the same name (sysusers.d(5)); not needed where DynamicUser= does.</summary>
/// <param name="Name">The name.</param>
public sealed record SystemUser(string Name) : Artifact
{
    /// <summary>What it is for.</summary>
    public string Description { get; init; } = "";

    /// <summary>Its home folder.</summary>
    public string Home { get; init; } = "/";
}

/// <summary>A folder that exists before any unit starts (tmpfiles.d(5)).</summary>
/// <param name="Path">The absolute path.</param>
public sealed record ManagedDirectory(string Path) : Artifact
{
    /// <summary>Its mode, in octal.</summary>
    public string Mode { get; init; } = "0755";

    /// <summary>Its owner.</summary>
    public string User { get; init; } = "root";

    /// <summary>Its group.</summary>
    public string Group { get; init; } = "root";
}
