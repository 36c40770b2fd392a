namespace Hale.Declare;

/// <summary>One machine: where it is and what it runs.</summary>
/// <param name="Name">Its name: a host name label, letters, digits and hyphens.</param>
public sealed record Host(string Name)
{
    /// <summary>The copy that <c>with</c> starts from has lists of its own.</summary>
    private Host(Host original)
    {
        Name = original.Name;
        Address = original.Address;
        SshPort = original.SshPort;
        Platform = original.Platform;
        (Modules, Prefer, Force, Contributions, Secrets) = ([], [], [], [], []);
        Modules.AddCopies(original.Modules);
        Prefer.AddCopies(original.Prefer);
        Force.AddCopies(original.Force);
        Contributions.AddCopies(original.Contributions);
        Secrets.AddCopies(original.Secrets);
    }

    /// <summary>Where ssh reaches it: <c>root@host</c>. Without one the host can be built and tried, not deployed.</summary>
    public string? Address { get; init; }

    /// <summary>The port ssh listens on.</summary>
    public Port SshPort { get; init; } = 22;

    /// <summary>Its processor architecture.</summary>
    public Platform Platform { get; init; } = Platform.X64;

    /// <summary>What it runs. Two entries of one module join into one, unless their names differ.</summary>
    public ModuleList Modules { get; } = [];

    /// <summary>Settings that hold where <see cref="Modules"/> says nothing.</summary>
    public ModuleList Prefer { get; } = [];

    /// <summary>Settings that win over <see cref="Modules"/>.</summary>
    public ModuleList Force { get; } = [];

    /// <summary>Contributions of the host itself: a virtual host, a health check.</summary>
    public ContributionList Contributions { get; } = [];

    /// <summary>Secrets with an owner, mode or path of their own, and templates: <c>new MachineSecret(Secret.Named("git/key")) { Owner = "git" }</c>.</summary>
    public SecretList Secrets { get; } = [];

    /// <summary>By reference: two hosts are never the same one.</summary>
    public bool Equals(Host? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Name.GetHashCode(StringComparison.Ordinal);
}
