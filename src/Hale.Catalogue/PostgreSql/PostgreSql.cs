using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// The host's database server: Debian's PostgreSQL on a root of its own, with a database for each <see cref="Database"/> that was contributed
/// on this host. It listens on a socket only; the system says who connects, so that there is no password to keep.
/// </summary>
public sealed record PostgreSql : Module
{
    /// <summary>
    /// The major version, a package of the fleet's Debian release: 17 in Debian 13. The data of one version cannot be read by another, so
    /// it changes when this line does and never with a release of Debian; see the module's README for how to go to a newer one.
    /// </summary>
    public int MajorVersion { get; init => Assign(ref field, value); } = 17;

    /// <summary>Megabytes of memory that it may count on, its share of the file cache among them: 64 to 1,000,000.</summary>
    public int MemoryMegabytes { get; init => Assign(ref field, value); } = 512;

    /// <summary>How many may be connected at once, all programs together: 10 to 1,000.</summary>
    public int MaxConnections { get; init => Assign(ref field, value); } = 100;

    /// <summary>
    /// Lines for the unit of a program that uses a database: it starts once its database is there, and finds the socket at
    /// <c>/run/postgresql</c>. It runs as the database's owner (<c>User=</c>).
    /// </summary>
    public static IEnumerable<UnitLine> ClientLines { get; } =
    [
        new("Unit", "Wants", DatabasesUnit.Name),
        new("Unit", "After", DatabasesUnit.Name),
        new("Service", "BindReadOnlyPaths", PostgreSqlUnit.SocketFolder),
    ];

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host) =>
    [
        new CommandCheck("PostgreSQL answers", PostgreSqlUnit.Name, PostgreSqlUnit.Probe) { Limit = TimeSpan.FromMinutes(2) },
        new UnitCheck("PostgreSQL has the databases", DatabasesUnit.Name),
    ];

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (MajorVersion is < 10 or > 99)
            yield return new Problem($"MajorVersion is {MajorVersion}, which is no version of PostgreSQL.", "Write 17, Debian 13's.")
            { Setting = nameof(MajorVersion) };
        if (MemoryMegabytes is < 64 or > 1_000_000)
            yield return new Problem($"MemoryMegabytes is {MemoryMegabytes}.", "Write 64 to 1_000_000.")
            { Setting = nameof(MemoryMegabytes) };
        if (MaxConnections is < 10 or > 1000)
            yield return new Problem($"MaxConnections is {MaxConnections}.", "Write 10 to 1000; each costs some megabytes.")
            { Setting = nameof(MaxConnections) };
    }

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host)
    {
        var databases = host.All<Database>().Distinct().OrderBy(database => database.Name, StringComparer.Ordinal).ToList();
        return
        [
            new SystemUser(PostgreSqlUnit.User) { Description = "PostgreSQL", Home = PostgreSqlUnit.State },
            PostgreSqlUnit.First(this),
            PostgreSqlUnit.Of(this, databases),
            DatabasesUnit.Of(this, databases),
            PostgreSqlUnit.Kept(this),
        ];
    }
}
