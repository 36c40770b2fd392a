using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests.Produce;

public sealed class StateTests
{
    private sealed record Keeper(params Artifact[] Artifacts) : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) =>
            [new Unit("db.service") { Body = { { "Service", "ExecStart", "/usr/bin/db" } } }, .. Artifacts];
    }

    private static StateDirectory Data => new("db") { Units = ["db.service"], Format = "17" };

    private static string[] Problems(params StateDirectory[] states) =>
        [.. Evaluator.Evaluate(Samples.Fleet(new Keeper([.. states]))).Problems.Select(problem => problem.Message)];

    [Fact]
    public void A_plan_tells_the_data_of_its_services()
    {
        var root = new DebianRoot("synapse", ["matrix-synapse"]);
        var plan = Samples.Plan(Samples.Fleet(new Keeper(Data, new StateDirectory("chat")
        {
            Paths = ["/srv/chat", "/srv/media"],
            Units = ["db.service"],
            Identity = "example.org",
            IdentityName = "server name",
            Format = StateFormat.OfPackage(root, "matrix-synapse"),
            WhenFormatChanges = FormatChange.Migrate,
            UpgradesFrom = "1.80",
        })));

        Assert.Equal(
            [
                "state chat at /srv/chat /srv/media, written by db.service, server name example.org, format version of matrix-synapse in «synapse», migrated from 1.80 after a snapshot",
                "state db at /var/lib/db, written by db.service, format 17",
            ],
            PlanText.Render(plan).Split('\n').Where(line => line.StartsWith("state ", StringComparison.Ordinal)));
        Assert.Contains(root, plan.Derivations);
    }

    [Fact]
    public void What_is_interrupted_is_ended_once_the_folders_of_all_data_are_mounted() => Assert.Contains(
        "WantsMountsFor=/var/lib/db\n", Samples.UnitText(Samples.Plan(Samples.Fleet(new Keeper(Data))), "hale-recover.service"), StringComparison.Ordinal);

    [Fact]
    public void What_an_older_Hale_left_held_is_ended_too_although_it_left_no_journal() => Assert.Contains(
        "ConditionPathExists=|/etc/hale/held\n", Samples.UnitText(Samples.Plan(Samples.Fleet(new Keeper(Data))), "hale-recover.service"), StringComparison.Ordinal);

    [Fact]
    public void State_that_is_sound_has_no_problem() => Assert.Empty(Problems(Data, Data with { Paths = [] }, new("other") { Units = ["db.service"] }));

    [Theory]
    [InlineData("../db", "\"../db\" is not the name of a state directory.")]
    [InlineData("Db", "\"Db\" is not the name of a state directory.")]
    public void A_name_that_would_lead_elsewhere_is_a_problem(string name, string problem) => Assert.Contains(problem, Problems(new StateDirectory(name) { Units = ["db.service"] }));

    [Theory]
    [InlineData("db", "\"db\" of the state directory db is not a folder's path.")]
    [InlineData("/var/lib/../db", "\"/var/lib/../db\" of the state directory db is not a folder's path.")]
    [InlineData("/var/lib", "/var/lib is no place for the state directory db: what lies there is not a service's own data.")]
    [InlineData("/var", "/var is no place for the state directory db: what lies there is not a service's own data.")]
    [InlineData("/var/lib/hale/db", "/var/lib/hale/db is no place for the state directory db: what lies there is not a service's own data.")]
    [InlineData("/etc/db", "/etc/db is no place for the state directory db: what lies there is not a service's own data.")]
    public void A_folder_that_is_no_data_is_a_problem(string path, string problem) => Assert.Equal([problem], Problems(Data with { Paths = [path] }));

    [Fact]
    public void One_folder_belongs_to_one_state_directory_by_whatever_name() => Assert.Equal(
        ["/var/lib/private/db/wal belongs to two state directories, db and wal."],
        Problems(Data, new("wal") { Units = ["db.service"], Paths = ["/var/lib/private/db/wal"] }).Select(p => p.Replace("/var/lib/db ", "/var/lib/private/db/wal ", StringComparison.Ordinal)));

    [Fact]
    public void A_folder_is_named_once() => Assert.Equal(
        ["The state directory db holds /srv/a/b twice."], Problems(Data with { Paths = ["/srv/a", "/srv/a/b"] }));

    [Fact]
    public void Two_modules_that_declare_one_name_differently_are_a_problem() => Assert.Contains(
        "Keeper and Keeper both make the state directory db.", Problems(Data, Data with { Format = "18" }));

    [Fact]
    public void Who_writes_it_must_be_a_unit_of_the_host_that_can_be_stopped()
    {
        Assert.Equal(["Nobody writes the state directory db."], Problems(Data with { Units = [] }));
        Assert.Equal(["The state directory db is written by web.service, which no module of the host makes."], Problems(Data with { Units = ["web.service"] }));
        var keeps = new Unit("keeps.service") { WhenChanged = WhenChanged.Keep };
        Assert.Equal(
            ["keeps.service goes on when its software changes, and so cannot migrate the state directory db."],
            Evaluator.Evaluate(Samples.Fleet(new Keeper(keeps, Data with { Units = ["keeps.service"], WhenFormatChanges = FormatChange.Migrate }))).Problems.Select(p => p.Message));
    }

    [Fact]
    public void A_format_that_migrates_has_an_order()
    {
        Assert.Equal(["The state directory db is migrated when its format changes, and has no format."], Problems(Data with { Format = "", WhenFormatChanges = FormatChange.Migrate }));
        Assert.Equal(["\"pg17\" of the state directory db cannot be ordered: nobody could tell an upgrade from a downgrade."], Problems(Data with { Format = "pg17", WhenFormatChanges = FormatChange.Migrate }));
        Assert.Equal(["The state directory db is never migrated, and says from which format."], Problems(Data with { UpgradesFrom = "9" }));
        Assert.Equal(["The identity of the state directory db is no line of at most 200 characters."], Problems(Data with { Identity = "a\nb" }));
    }
}
