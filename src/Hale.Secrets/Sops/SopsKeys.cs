namespace Hale.Secrets;

/// <summary>Where a user's keys are, as sops looks for them.</summary>
public static class SopsKeys
{
    /// <summary>
    /// The keys of <c>SOPS_AGE_KEY</c>, of the file <c>SOPS_AGE_KEY_FILE</c>, and of <c>$XDG_CONFIG_HOME/sops/age/keys.txt</c>
    /// (<c>~/.config</c> where that is unset), all that there are; empty where there are none.
    /// </summary>
    /// <param name="environment">What an environment variable is set to; null where it is not.</param>
    /// <exception cref="SecretsError">One of them is malformed, others can read it, or the named file is missing.</exception>
    public static IReadOnlyList<AgeIdentity> Find(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var identities = new List<AgeIdentity>();
        if (environment("SOPS_AGE_KEY") is { Length: > 0 } text)
            try
            {
                identities.AddRange(AgeIdentity.ParseKeyFile(text));
            }
            catch (SecretsError error)
            {
                throw error.In("SOPS_AGE_KEY");
            }

        if (environment("SOPS_AGE_KEY_FILE") is { Length: > 0 } file)
            identities.AddRange(AgeIdentity.ReadKeyFile(file));
        if (DefaultFile(environment) is { } path && File.Exists(path))
            identities.AddRange(AgeIdentity.ReadKeyFile(path));
        return [.. identities.DistinctBy(identity => identity.Recipient)];
    }

    /// <summary>The file that sops reads without being told; null where there is no home.</summary>
    /// <param name="environment">What an environment variable is set to; null where it is not.</param>
    public static string? DefaultFile(Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        var configuration = environment("XDG_CONFIG_HOME") is { Length: > 0 } folder ? folder
            : environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config") : null;
        return configuration is null ? null : Path.Combine(configuration, "sops", "age", "keys.txt");
    }
}
