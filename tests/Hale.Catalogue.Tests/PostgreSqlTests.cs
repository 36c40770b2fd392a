namespace Hale.Catalogue.Tests;

/// <summary>What the database server is told, and what is said to be wrong.</summary>
public sealed class PostgreSqlTests
{
    private static readonly Caddy Gateway = new() { Email = "admin@example.org" };

    private static Host Two => new("one")
    {
        Modules = { new PostgreSql { MemoryMegabytes = 2048 } },
        Contributions = { new Database("wiki", "wiki"), new Database("notes", "note-taker"), new Database("wiki", "wiki") },
    };

    [Theory]
    [InlineData("postgresql.conf")]
    [InlineData("pg_hba.conf")]
    [InlineData("databases.sql")]
    public void Its_files_read_like_this(string file) =>
        Golden.Matches(file, Evaluator.Evaluate(Fleets.Of(Two)).Single().Text(file));

    [Fact]
    public void Synapse_finds_its_database_without_a_password()
    {
        var plan = Fleets.Evaluate(Gateway, new PostgreSql(), new Matrix { Database = HomeserverDatabase.PostgreSql }).Single();
        var config = System.Text.Json.Nodes.JsonNode.Parse(plan.Text("homeserver.yaml"))!["database"]!;

        Assert.Equal(("psycopg2", "matrix-synapse", "synapse", "/run/postgresql"),
            ((string)config["name"]!, (string)config["args"]!["user"]!, (string)config["args"]!["dbname"]!, (string)config["args"]!["host"]!));
        Assert.Null(config["args"]!["password"]);
        Assert.Contains("local \"synapse\" \"matrix-synapse\" peer\n", plan.Text("pg_hba.conf"), StringComparison.Ordinal);
        Assert.Contains(plan.Unit("matrix-synapse.service").Body, line => line is { Key: "After" } && line.Value.ToString() == "postgresql-databases.service");
        Assert.Contains("u matrix-synapse - \"Synapse\" /\n", ((TextFile)plan.Files.Single(file => file.Path == "/etc/sysusers.d/hale.conf").Content).Content.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_major_version_has_a_root_and_a_data_folder_of_its_own()
    {
        var (old, next) = (Start(17), Start(18));

        Assert.StartsWith("/usr/lib/postgresql/17/bin/postgres -D /var/lib/postgresql/17/data ", old, StringComparison.Ordinal);
        Assert.StartsWith("/usr/lib/postgresql/18/bin/postgres -D /var/lib/postgresql/18/data ", next, StringComparison.Ordinal);

        static string Start(int version) => Fleets.Evaluate(new PostgreSql { MajorVersion = version }).Single()
            .Unit("postgresql.service").Body.Single(line => line.Key == "ExecStart").Value.ToString();
    }

    [Fact]
    public void It_listens_on_no_port_and_stops_in_good_order()
    {
        var body = Evaluator.Evaluate(Fleets.Of(Two)).Single().Unit("postgresql.service").Body.ToLookup(line => line.Key, line => line.Value.ToString());

        Assert.Equal(["yes"], body["PrivateNetwork"]);
        Assert.Equal(["SIGINT"], body["KillSignal"]);
        Assert.Equal(["mixed"], body["KillMode"]);
        // The last line counts: the end of one unit of this user must not take the server's memory away.
        Assert.Equal("no", body["RemoveIPC"].Last());
        Assert.Equal("no", body["PrivateUsers"].Last());
    }

    [Fact]
    public void All_that_is_wrong_is_said_at_once()
    {
        var host = new Host("one")
        {
            Modules = { Gateway, new PostgreSql { MajorVersion = 9, MemoryMegabytes = 1, MaxConnections = 5 } },
            Contributions =
            {
                new Database("template1", "wiki"), new Database("Wiki; DROP", "wiki"), new Database("wiki", "postgres"), new Database("wiki2", "some one"),
                new Database("shared", "one"), new Database("shared", "two"),
            },
        };

        Golden.Matches("postgresql-problems.txt", CaddyTests.Said(Evaluator.Evaluate(Fleets.Of(host)).Problems));
    }
}
