namespace Hale.Declare;

/// <summary>The whole declaration: the hosts, and what every module may need to know, said once.</summary>
/// <param name="Domain">The domain that names are made under: <c>ohana-matrix.xyz</c>.</param>
public sealed record Fleet(string Domain)
{
    /// <summary>The copy that <c>with</c> starts from has lists of its own.</summary>
    private Fleet(Fleet original)
    {
        (Domain, Organization, TimeZone) = (original.Domain, original.Organization, original.TimeZone);
        (Mirror, DebianRelease) = (original.Mirror, original.DebianRelease);
        (Hosts, Prefer, Force) = ([], [], []);
        Hosts.AddCopies(original.Hosts);
        Prefer.AddCopies(original.Prefer);
        Force.AddCopies(original.Force);
    }

    /// <summary>Who runs it, as people call them; the domain where nothing is said.</summary>
    public string Organization { get; init; } = Domain;

    /// <summary>The time zone of the machines, by its IANA name.</summary>
    public string TimeZone { get; init; } = "Etc/UTC";

    /// <summary>The Debian mirror to read packages from; null takes the one that this computer's apt uses.</summary>
    public string? Mirror { get; init; }

    /// <summary>The Debian release of the machines, and of packages that name no other suite.</summary>
    public string DebianRelease { get; init; } = "trixie";

    /// <summary>The machines.</summary>
    public HostList Hosts { get; } = [];

    /// <summary>Settings that hold on every host that runs the module, where the host says nothing.</summary>
    public ModuleList Prefer { get; } = [];

    /// <summary>Settings that win on every host that runs the module.</summary>
    public ModuleList Force { get; } = [];

    /// <summary>By reference: a program declares one fleet.</summary>
    public bool Equals(Fleet? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public override int GetHashCode() => Domain.GetHashCode(StringComparison.Ordinal);
}
