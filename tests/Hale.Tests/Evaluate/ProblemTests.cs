using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests.Evaluate;

public sealed class ProblemTests
{
    private sealed record Endless : Contribution
    {
        public override IEnumerable<Contribution> Implies(HostView host) => [this];
    }

    private sealed record Faulty : Module
    {
        public override IEnumerable<Contribution> Contribute(HostView host) => throw new InvalidOperationException("no luck");
    }

    private sealed record Maker(params Artifact[] Artifacts) : Module
    {
        public override IEnumerable<Artifact> Realise(GatheredView host) => Artifacts;
    }

    private sealed record Asker(params Contribution[] Contributions) : Module
    {
        public override IEnumerable<Contribution> Contribute(HostView host) => Contributions;
    }

    [Fact]
    public void All_problems_of_all_hosts_are_told_at_once_each_with_its_line()
    {
        var fleet = new Fleet("Not A Domain")
        {
            TimeZone = "Mars//Base",
            Mirror = "ftp:nowhere",
            Hosts =
            {
                new Host("one") { Modules = { new Web { Greeting = "" } } }, // the first host
                new Host("Two!") { Address = "-oProxyCommand=evil" }, // the second host
            },
        };

        var problems = Evaluator.Evaluate(fleet).Problems;

        Assert.Equal(7, problems.Count);
        Assert.Contains(problems, problem => problem.Message == "The greeting is empty." && problem.Where!.Line == Samples.LineOf("// the first host") && problem.Host == "one");
        Assert.Contains(problems, problem => problem.Message.StartsWith("\"Two!\" is not a host name", StringComparison.Ordinal) && problem.Where!.Line == Samples.LineOf("// the second host"));
        Assert.Contains(problems, problem => problem.Message.Contains("-oProxyCommand", StringComparison.Ordinal));
        Assert.All(problems, problem => Assert.NotEmpty(problem.Hint));
    }

    [Fact]
    public void A_problem_of_a_setting_points_at_the_line_that_said_it()
    {
        var fleet = new Fleet("example.org")
        {
            Hosts = { new Host("one") { Modules = { new Web { Listen = 81 } } } },
            Force = { new Web { Greeting = "" } }, // the policy
        };

        Assert.Equal(Samples.LineOf("// the policy"), Assert.Single(Evaluator.Evaluate(fleet).Problems).Where!.Line);
    }

    [Fact]
    public void A_fleet_with_problems_has_no_plans() =>
        Assert.Empty(Evaluator.Evaluate(Samples.Fleet(new Web { Greeting = "" })).Plans);

    [Theory]
    [InlineData("Etc/UTC", "trixie", null)]
    [InlineData("America/Argentina/Buenos_Aires", "forky", "https://mirror.example/debian")]
    public void Common_values_of_the_fleet_are_accepted(string zone, string release, string? mirror)
    {
        var fleet = new Fleet("example.org") { TimeZone = zone, DebianRelease = release, Mirror = mirror, Hosts = { new Host("one") } };

        Assert.Empty(Evaluator.Evaluate(fleet).Problems);
    }

    [Fact]
    public void Two_services_on_one_port_are_told_with_both_lines()
    {
        var fleet = Samples.Fleet(
            new Asker(new ListenPort(8080, "web.service")),
            new Asker(new ListenPort(8080, "other.service")) { Name = "second" });

        var problem = Assert.Single(Evaluator.Evaluate(fleet).Problems);

        Assert.Equal("web.service and other.service both listen on tcp port 8080.", problem.Message);
        Assert.Single(problem.Also);
    }

    [Theory]
    [InlineData(50100, null, 50100)]
    [InlineData(50200, 50300, 50200)]
    [InlineData(49000, 50000, 50000)]
    [InlineData(49000, 60000, 50000)]
    [InlineData(50201, 50300, null)]
    public void A_port_in_a_range_is_taken(int port, int? through, int? met)
    {
        var problems = Evaluator.Evaluate(Samples.Fleet(new Asker(
            new ListenPort(50000, "media.service") { Protocol = Protocol.Udp, Through = 50200 },
            new ListenPort(port, "other.service") { Protocol = Protocol.Udp, Through = through is { } last ? (Port)last : null }))).Problems;

        Assert.Equal(met is null ? [] : [$"media.service and other.service both listen on udp port {met}."], problems.Select(problem => problem.Message));
    }

    [Fact]
    public void The_same_port_over_another_protocol_is_free() =>
        Assert.Empty(Evaluator.Evaluate(Samples.Fleet(new Asker(
            new ListenPort(443, "web.service"), new ListenPort(443, "quic.service") { Protocol = Protocol.Udp }))).Problems);

    [Fact]
    public void Two_hosts_of_one_name_are_told()
    {
        var fleet = new Fleet("example.org") { Hosts = { new Host("one"), new Host("one") } };

        Assert.Equal("Two hosts have the name one.", Assert.Single(Evaluator.Evaluate(fleet).Problems).Message);
    }

    [Fact]
    public void An_exception_in_a_modules_code_is_a_problem_of_its_line()
    {
        var problem = Assert.Single(Evaluator.Evaluate(Samples.Fleet(new Faulty())).Problems);

        Assert.Equal("Faulty failed while it was evaluated: InvalidOperationException: no luck", problem.Message);
        Assert.Equal("Samples.cs", Path.GetFileName(problem.Where!.File));
    }

    [Fact]
    public void Implications_without_an_end_are_stopped() =>
        Assert.Equal(
            "Endless implies contributions without an end.",
            Assert.Single(Evaluator.Evaluate(Samples.Fleet(new Asker(new Endless()))).Problems).Message);

    public static TheoryData<string, Artifact> Refused() => new()
    {
        { "is not the name of a unit", new Unit("caddy") },
        { "is not the name of a unit", new Unit("caddy.service\n") },
        { "\"multi-user\", which is to want a.service, is not the name of a unit", new Unit("a.service") { WantedBy = ["multi-user"] } },
        { "which is to want a.service, is not the name of a unit", new Unit("a.service") { WantedBy = ["multi-user.targt", "dev-sda.device"] } },
        { "has no ExecReload=", new Unit("a.service") { WhenChanged = WhenChanged.Reload } },
        { "has no ExecReload=", new Unit("a.service") { ReloadOn = [new TextFile("a", "a")] } },
        { "holds a line break", new Unit("a.service") { Body = { { "Service", "ExecStart", "/bin/true\nUser=root" } } } },
        { "is not a place for a file", new EtcFile("/usr/bin/sudo", new TextFile("a", "a")) },
        { "is not a place for a file", new EtcFile("/etc/../root/.ssh", new TextFile("a", "a")) },
        { "is not a place for a file", new EtcFile("/etc/hale/system", new TextFile("a", "a")) },
        { "is not the name of a system user", new SystemUser("Root") },
        { "is not a place for a folder", new ManagedDirectory("/var/lib/a b") },
        { "is not the name of a secret", new MachineSecret(Secret.Named("../shadow")) },
        { "would have 4 characters", new MachineSecret(Secret.Generated("pin", 4)) },
        { "would lie where templates are", new MachineSecret(Secret.Named("rendered/x")) },
        { "is not the file of the secret", Secretly(Secret.Named("a").From("/etc/shadow")) },
        { "is not the file of the secret", Secretly(Secret.OfFile("a", "")) },
        { "The mode 0444 of the secret a is not one for a secret", Secretly(Secret.Named("a")) with { Mode = "0444" } },
        { "The mode rw of the secret a", Secretly(Secret.Named("a")) with { Mode = "rw" } },
        { "is not the name of a user or group", Secretly(Secret.Named("a")) with { Owner = "a b" } },
        { "is not a place for the secret a", Secretly(Secret.Named("a")) with { Path = "/etc/hale/system" } },
        { "is not a place for the secret a", Secretly(Secret.Named("a")) with { Path = "key" } },
        { "is not the name of a unit", Secretly(Secret.Named("a")) with { Restart = ["caddy"] } },
        { "needed before users are made", Secretly(Secret.Named("a")) with { NeededForUsers = true, Owner = "git" } },
        { "is not the name of a template", new SecretTemplate("../x", SecretFormat.Plain, "x") },
        { "with \":loud\", which is no way", new SecretTemplate("x", SecretFormat.Json, $"{Secret.Named("a"):loud}") },
        { "holds \"{{secret:\" itself", new SecretTemplate("x", SecretFormat.Json, "{{secret:a}}") },
        { "is not the id of a credential", new Unit("a.service") { Credentials = [("a/b", Secret.Named("a"))] } },
        { "two credentials by the id a", new Unit("a.service") { Credentials = [("a", Secret.Named("a")), ("a", Secret.Named("b"))] } },
        { "The text a.conf names the secret token where its value would have to be", new EtcFile("/etc/a", new TextFile("a.conf", "token = " + Secret.Named("token"))) },
        { "a.service names the secret token", new Unit("a.service") { Body = { { "Service", "Environment", "TOKEN=" + Secret.Named("token") } } } },
        { "has the address \"http://example.org/a\"", new Download("a", "http://example.org/a") },
        { "has the address \"example.org/a\"", new EtcFile("/etc/a", new TextFile("a", $"{new Download("a", "example.org/a")}")) },
        { "has the SHA-256 \"abc\", which is none", new Download("a", "https://example.org/a") { Sha256 = "abc" } },
        { "has the SHA-256 \"sha256-aaaa\"", new Download("a", "https://example.org/a") { Arm64 = new RemoteFile("https://example.org/b", "sha256-aaaa") } },
        { "is no name for a download", new Download("a/b", "https://example.org/a") },
        { "is to lose 11 leading folders", new Download("a", "https://example.org/a") { StripComponents = 11 } },
        { "is no set of printable", new MachineSecret(Secret.Generated("same", 20, "aa")) },
    };

    private static MachineSecret Secretly(Secret secret) => new(secret);

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_the_machine_would_refuse_later_is_refused_now(string because, Artifact artifact)
    {
        var problems = Evaluator.Evaluate(Samples.Fleet(new Maker(artifact))).Problems;

        Assert.Contains(because, Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_modules_that_make_one_unit_are_told()
    {
        var fleet = Samples.Fleet(
            new Maker(new Unit("a.service") { Body = { { "Service", "ExecStart", "/bin/true" } } }),
            new Maker(new Unit("a.service")) { Name = "again" });

        Assert.Equal("Maker and Maker \"again\" both make the unit a.service.", Assert.Single(Evaluator.Evaluate(fleet).Problems).Message);
    }

    [Fact]
    public void A_secret_of_two_descriptions_is_told()
    {
        var fleet = Samples.Fleet(new Maker(new MachineSecret(Secret.Named("key")), new MachineSecret(Secret.Generated("key"))));

        Assert.Contains("described in two ways", Assert.Single(Evaluator.Evaluate(fleet).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_health_check_of_a_unit_that_nobody_makes_is_told() =>
        Assert.Contains(
            "speaks for ghost.service",
            Assert.Single(Evaluator.Evaluate(Samples.Fleet(new Asker(new UnitCheck("Ghost", "ghost.service")))).Problems).Message,
            StringComparison.Ordinal);
}
