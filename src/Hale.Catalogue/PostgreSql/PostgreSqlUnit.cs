using Hale.Contribute;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The units that make the data folder at the first start, and run the server on it.</summary>
internal static class PostgreSqlUnit
{
    public const string Name = "postgresql.service";

    public const string User = "postgres";

    public const string State = "/var/lib/postgresql";

    public const string SocketFolder = "/run/postgresql";

    public const string FirstName = "postgresql-first.service";

    /// <summary>
    /// Asks the server whether it takes connections, from inside its own root: its client's libraries are not the machine's.
    /// </summary>
    public static Text Probe =>
        $"exec nsenter --target \"$(systemctl show --property=MainPID --value {Name})\" --mount --root --wd=/ /usr/bin/env -i "
        + $"/usr/bin/sh -c 'exec /usr/lib/postgresql/*/bin/pg_isready --quiet --host={SocketFolder}'";

    public static string Programs(PostgreSql server) => $"/usr/lib/postgresql/{server.MajorVersion}/bin";

    public static string Folder(PostgreSql server) => $"{State}/{server.MajorVersion}";

    private static string Data(PostgreSql server) => $"{Folder(server)}/data";

    // initdb runs the server through a shell. What is left out serves installation, and Debian's own way of keeping several servers.
    private static DebianRoot Root(PostgreSql server) => new($"postgresql-{server.MajorVersion}", [$"postgresql-{server.MajorVersion}", "coreutils", "dash"])
    {
        Exclude = ["adduser", "debconf", "libperl5.40", "netbase", "perl", "perl-base", "postgresql-client-common", "postgresql-common", "ssl-cert"],
    };

    public static Unit First(PostgreSql server) => new(FirstName)
    {
        Body =
        {
            { "Unit", "Description", "Make PostgreSQL's data folder" },
            { "Unit", "ConditionPathExists", $"!{Data(server)}" },
            On(server),
            { "Service", "Type", "oneshot" },
            { "Service", "RemainAfterExit", "yes" },
            // A dump takes as long as it takes.
            { "Service", "TimeoutStartSec", "3600" },
            { "Service", "Environment", "PATH=/usr/bin" },
            { "Service", "ExecStart", $"/usr/bin/sh {FirstScript(server)}" },
        },
    };

    /// <summary>
    /// Makes the data folder under another name and renames it when it is whole: a power cut on the way leaves nothing that a later start
    /// would take for data. A dump that lies ready, of another major version, is read before anybody can connect.
    /// </summary>
    private static TextFile FirstScript(PostgreSql server) => new("postgresql-first.sh", $"""
        set -eu
        PATH={Programs(server)}:$PATH
        cd {Folder(server)}
        rm -rf unfinished
        initdb --pgdata=unfinished --username={User} --encoding=UTF8 --locale=C --data-checksums --auth-local=peer --auth-host=reject --no-instructions
        if [ -e upgrade.sql ]; then
            echo 'Reading upgrade.sql'
            pg_ctl start --silent --wait --timeout=300 --pgdata=unfinished --options='-c listen_addresses= -c unix_socket_directories=/tmp'
            psql --no-psqlrc --quiet --output=/dev/null --host=/tmp --username={User} --dbname=postgres --set=ON_ERROR_STOP=1 --file=upgrade.sql
            pg_ctl stop --silent --wait --mode=fast --pgdata=unfinished
            mv upgrade.sql upgrade.sql.read
        fi
        mv -T unfinished data
        sync .

        """);

    public static Unit Of(PostgreSql server, IReadOnlyList<Database> databases) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Body =
        {
            { "Unit", "Description", "PostgreSQL, the database server" },
            { "Unit", "Requires", FirstName },
            { "Unit", "After", FirstName },
            On(server),
            { "Service", "Type", "notify" },
            {
                "Service", "ExecStart",
                $"{Programs(server)}/postgres -D {Data(server)} -c config_file={PostgreSqlConfig.Server(server)} -c hba_file={PostgreSqlConfig.Access(databases)}"
            },
            // After a power cut it replays its log before it is ready, which takes as long as it takes.
            { "Service", "TimeoutStartSec", "900" },
            // "Fast Shutdown": what is under way is rolled back, then everything is written (PostgreSQL's documentation, "Shutting Down the Server").
            { "Service", "KillSignal", "SIGINT" },
            { "Service", "KillMode", "mixed" },
            { "Service", "TimeoutStopSec", "300" },
            { "Service", "Restart", "on-failure" },
            { "Service", "RestartSec", "1" },
            { "Service", "RuntimeDirectory", "postgresql" },
            { "Service", "RuntimeDirectoryMode", "0755" },
            // Programs hold a mount of it: they would not see a folder that a restart made anew.
            { "Service", "RuntimeDirectoryPreserve", "yes" },
        },
    };

    /// <summary>The data of every major version, of which the machine has one: another is refused until they were brought over.</summary>
    public static StateDirectory Kept(PostgreSql server) => new("postgresql")
    {
        Paths = [State],
        Units = [Name, FirstName, DatabasesUnit.Name],
        Format = $"{server.MajorVersion}",
        Advice = "PostgreSQL's data go to another major version by a dump; the README of Hale's PostgreSql says how.",
    };

    /// <summary>What all of its units have in common: root, user, data folder, and what is taken from them.</summary>
    public static IEnumerable<UnitLine> On(PostgreSql server) =>
    [
        .. HermeticRoot.On(Root(server)),
        new("Service", "User", User),
        new("Service", "Group", User),
        new("Service", "StateDirectory", $"postgresql/{server.MajorVersion}"),
        new("Service", "StateDirectoryMode", "0700"),
        new("Service", "WorkingDirectory", Folder(server)),
        .. Hardening.Strict,
        .. Hardening.NoRuntimeCode,
        .. Hardening.NoNetwork,
        // Who is at the other end of a socket is a user of the machine; in a namespace of users of its own it would be nobody.
        new("Service", "PrivateUsers", "no"),
        // Its memory belongs to the user, and the end of any unit of that user would take it away under the running server.
        new("Service", "RemoveIPC", "no"),
    ];
}
