using System.Text;
using Hale.Contribute;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>Renders postgresql.conf and pg_hba.conf (PostgreSQL's documentation, "Server Configuration" and "Client Authentication").</summary>
internal static class PostgreSqlConfig
{
    public static TextFile Server(PostgreSql server) => new("postgresql.conf", $"""
        listen_addresses = ''
        unix_socket_directories = '{PostgreSqlUnit.SocketFolder}'
        max_connections = {server.MaxConnections}
        shared_buffers = '{Share(server, 4)}MB'
        effective_cache_size = '{Share(server, 4) * 3}MB'
        maintenance_work_mem = '{Math.Clamp(Share(server, 16), 16, 1024)}MB'
        work_mem = '{Math.Clamp(Share(server, 4) * 1024 / server.MaxConnections, 1024, 65536)}kB'
        jit = off
        log_destination = 'stderr'
        log_line_prefix = '%q%u@%d '
        log_timezone = 'UTC'
        timezone = 'UTC'
        lc_messages = 'C'
        lc_monetary = 'C'
        lc_numeric = 'C'
        lc_time = 'C'

        """);

    /// <summary>Each database's owner, and the server's own user for administration and backups; nobody else.</summary>
    public static TextFile Access(IReadOnlyList<Database> databases)
    {
        var text = new StringBuilder("local all postgres peer\nlocal replication postgres peer\n");
        foreach (var database in databases)
            text.Append($"local \"{database.Name}\" \"{database.Owner}\" peer\n");
        return new TextFile("pg_hba.conf", text.ToString());
    }

    /// <summary>Makes what is missing and leaves what is there, for psql, whose <c>\gexec</c> runs what the query before it answers.</summary>
    public static TextFile Databases(IReadOnlyList<Database> databases)
    {
        var text = new StringBuilder();
        foreach (var owner in databases.Select(database => database.Owner).Distinct(StringComparer.Ordinal))
            text.Append($"SELECT 'CREATE ROLE \"{owner}\" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{owner}') \\gexec\n");
        foreach (var (name, owner) in databases)
            text.Append($"SELECT 'CREATE DATABASE {name} OWNER \"{owner}\" TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C''' ")
                .Append($"WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec\n");
        return new TextFile("databases.sql", text.ToString());
    }

    private static int Share(PostgreSql server, int parts) => server.MemoryMegabytes / parts;
}
