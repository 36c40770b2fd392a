using Hale.Contribute;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>The unit that makes the databases and roles that are missing.</summary>
internal static class DatabasesUnit
{
    public const string Name = "postgresql-databases.service";

    public static Unit Of(PostgreSql server, IReadOnlyList<Database> databases) => new(Name)
    {
        WantedBy = ["multi-user.target"],
        Body =
        {
            { "Unit", "Description", "Make the databases that are missing" },
            { "Unit", "Requires", PostgreSqlUnit.Name },
            { "Unit", "After", PostgreSqlUnit.Name },
            PostgreSqlUnit.On(server),
            { "Service", "Type", "oneshot" },
            { "Service", "RemainAfterExit", "yes" },
            { "Service", "BindReadOnlyPaths", PostgreSqlUnit.SocketFolder },
            {
                "Service", "ExecStart",
                $"{PostgreSqlUnit.Programs(server)}/psql --no-psqlrc --quiet --host={PostgreSqlUnit.SocketFolder} --username={PostgreSqlUnit.User} --dbname=postgres --set=ON_ERROR_STOP=1 --file={PostgreSqlConfig.Databases(databases)}"
            },
        },
    };
}
