namespace Hale.Catalogue;

/// <summary>The programs that <see cref="Matrix"/> can run.</summary>
public enum Homeserver
{
    /// <summary>Synapse, from Debian.</summary>
    Synapse,

    /// <summary>tuwunel, from its own releases.</summary>
    Tuwunel,
}

/// <summary>Where a homeserver keeps its events and accounts.</summary>
public enum HomeserverDatabase
{
    /// <summary>In its own state directory: SQLite for Synapse, RocksDB for tuwunel.</summary>
    Embedded,

    /// <summary>In the host's <see cref="Catalogue.PostgreSql"/>; Synapse only.</summary>
    PostgreSql,
}
