using System.Text;
using Hale.Store.Debian;

namespace Hale.Store.Tests.Debian;

public class ResolverTests
{
    [Fact]
    public void Depends_and_pre_depends_come_along_and_recommends_do_not() =>
        Assert.Equal("a b c", Resolve("a", "a | Pre-Depends: b", "b | Depends: c", "c | Recommends: d", "d"));

    [Fact]
    public void A_circle_of_dependencies_is_a_closure() => Assert.Equal("a b", Resolve("a", "a | Depends: b", "b | Depends: a"));

    [Fact]
    public void The_first_alternative_that_can_be_had_is_taken() =>
        Assert.Equal("a c", Resolve("a", "a | Depends: nowhere | c | b", "b", "c"));

    [Fact]
    public void An_alternative_that_is_in_already_is_preferred_whatever_the_order() =>
        Assert.Equal("a b c", Resolve("a", "a | Depends: x | c, b", "b | Depends: c", "c", "x"));

    [Fact]
    public void A_real_package_is_preferred_over_one_that_provides_its_name() =>
        Assert.Equal("a mail", Resolve("a", "a | Depends: mail", "exim | Provides: mail", "mail"));

    [Fact]
    public void The_provider_of_higher_priority_then_of_earlier_name_is_taken()
    {
        Assert.Equal("a exim", Resolve("a", "a | Depends: mail", "postfix | Provides: mail", "exim | Provides: mail"));
        Assert.Equal("a postfix", Resolve("a", "a | Depends: mail", "postfix | Provides: mail | Priority: standard", "exim | Provides: mail | Priority: optional"));
    }

    [Fact]
    public void A_bound_is_met_only_by_a_provision_at_a_version() =>
        Assert.Equal("a new", Resolve("a", "a | Depends: api (>= 2)", "any | Provides: api", "low | Provides: api (= 1)", "new | Provides: api (= 2.1)"));

    [Fact]
    public void The_architecture_any_is_met_only_by_packages_that_allow_it()
    {
        Assert.Equal("a python", Resolve("a", "a | Depends: python:any", "python | Multi-Arch: allowed"));
        Assert.Contains("python:any", Fails("a", "a | Depends: python:any", "python | Multi-Arch: foreign").Message);
    }

    [Fact]
    public void A_choice_that_leads_nowhere_is_taken_back() =>
        Assert.Equal("a c d", Resolve("a", "a | Depends: b | c, d", "b | Conflicts: d", "c", "d"));

    [Fact]
    public void Going_back_passes_over_choices_that_do_not_matter()
    {
        // Thirty choices of two that have no part in the failure: 2^30 ways, if each were tried.
        var idle = Enumerable.Range(0, 30).SelectMany(static i => new[] { $"l{i}", $"r{i}" });
        var demands = string.Join(", ", Enumerable.Range(0, 30).Select(static i => $"l{i} | r{i}"));
        Assert.Contains("missing", Fails("a", ["a | Depends: " + demands + ", z", "z | Depends: y1 | y2", "y1 | Depends: missing", "y2 | Depends: missing", .. idle]).Message);
    }

    [Fact]
    public void An_older_version_is_taken_where_only_that_one_fits() =>
        Assert.Equal("a=1 b=1", ResolveVersions("a", "a | Depends: b (<< 2)", "b", "b | Version: 2"));

    [Fact]
    public void What_conflicts_with_itself_through_a_name_it_provides_means_the_others() =>
        Assert.Equal("a exim", Resolve("a", "a | Depends: exim", "exim | Provides: mail | Conflicts: mail", "postfix | Provides: mail | Conflicts: mail"));

    [Fact]
    public void A_package_stays_with_its_suite_and_others_with_the_preferred()
    {
        var universe = Universe(["trixie", "sid"], "a", "a | Version: 2 | Suite: sid | Depends: b, c (>= 2)", "b", "b | Version: 2 | Suite: sid", "c", "c | Version: 2 | Suite: sid");
        var request = Request(["trixie", "sid"], new DebianPackage("a", "sid"));
        Assert.Equal("a=2 b=1 c=2", string.Join(' ', Resolver.Resolve(request, universe).Select(static p => $"{p.Name}={p.Version}")));
        Assert.Equal("a=1", string.Join(' ', Resolver.Resolve(Request(["trixie", "sid"], new DebianPackage("a")), universe).Select(static p => $"{p.Name}={p.Version}")));
    }

    [Fact]
    public void A_security_suite_is_part_of_its_release()
    {
        var universe = Universe(["trixie", "trixie-security"], "a", "a | Version: 2 | Suite: trixie-security");
        Assert.Equal("2", Resolver.Resolve(Request(["trixie", "trixie-security"], new DebianPackage("a")), universe).Single().Version.Text);
    }

    [Fact]
    public void What_is_excluded_stays_out_with_all_that_only_it_needs() =>
        Assert.Equal("a b", Resolve(["a"], ["adduser", "debconf"], "a | Depends: adduser, b, debconf | debconf-2.0", "b", "adduser | Depends: passwd", "passwd", "debconf", "cdebconf | Provides: debconf-2.0"));

    [Fact]
    public void A_failure_shows_the_chain_of_demands_and_what_there_is()
    {
        var error = Fails("a", "a | Depends: b", "b | Depends: c (>= 2) | d (= 3)", "c", "x | Provides: d (= 4)");
        Assert.Equal(
            """
            These packages cannot be had together: a → b → c (>= 2) | d (= 3)
              c (>= 2): there is c 1 in trixie
              d (= 3): there is x 1 in trixie, which provides version 4 of it
            """, error.Message);
        Assert.NotEmpty(error.Hint);
    }

    [Fact]
    public void A_conflict_shows_both_chains()
    {
        var error = Fails(["a", "z"], [], "a | Depends: b", "b | Depends: c", "c | Breaks: y (<< 2)", "z | Depends: y", "y");
        Assert.Equal(
            """
            These packages cannot be had together: a → b → c
              c: c 1 cannot be taken, as it conflicts with y (<< 2), which is y 1 (through z → y)
            """, error.Message);
    }

    [Fact]
    public void All_that_a_request_gets_wrong_is_said_at_once()
    {
        var error = Fails(["cady", "b"], ["addusr"], "caddy", "adduser", "b");
        Assert.Contains("no package cady. Did you mean caddy?", error.Message);
        Assert.Contains("excluded package addusr does not exist in trixie (amd64). Did you mean adduser?", error.Message);
    }

    [Fact]
    public void A_malformed_relation_names_the_package() => Assert.Contains("a 1", Fails("a", "a | Depends: b (1)", "b").Message);

    [Fact]
    public void Random_archives_give_the_same_closure_in_any_order_and_it_is_whole()
    {
        var random = new Random(11);
        var solved = 0;
        for (var run = 0; run < 300; run++)
        {
            var packages = Enumerable.Range(0, 12).Select(i => $"p{i} | Depends: {string.Join(", ", Enumerable.Range(0, random.Next(3)).Select(_ =>
                $"p{random.Next(14)} | p{random.Next(14)}"))} | Conflicts: {(random.Next(4) == 0 ? $"p{random.Next(12)}" : "")}").ToArray();
            var first = Try(packages);
            random.Shuffle(packages);
            Assert.Equal(first, Try(packages));
            if (first is null)
            {
                Assert.False(HasClosure(packages), string.Join('\n', packages));
                continue;
            }

            solved++;
            AssertWhole(first, packages);
        }

        Assert.InRange(solved, 50, 299);
    }

    private static string? Try(string[] packages)
    {
        try
        {
            return Resolve("p0", packages);
        }
        catch (UserError)
        {
            return null;
        }
    }

    private static void AssertWhole(string closure, string[] packages) => Assert.True(IsWhole(closure.Split(' ').ToHashSet(), packages), closure + "\n" + string.Join('\n', packages));

    // Independent of the resolver: every demand met within, no conflict within.
    private static bool IsWhole(HashSet<string> closure, string[] packages) => packages.Select(static p => p.Split(" | ", 2)).Where(p => closure.Contains(p[0])).All(package =>
    {
        var depends = package[1]["Depends: ".Length..package[1].IndexOf(" | Conflicts: ", StringComparison.Ordinal)];
        var conflict = package[1][(package[1].IndexOf("Conflicts: ", StringComparison.Ordinal) + 11)..];
        return depends.Split(", ", StringSplitOptions.RemoveEmptyEntries).All(d => d.Split(" | ").Any(closure.Contains))
            && (conflict.Length == 0 || conflict == package[0] || !closure.Contains(conflict));
    });

    // By trying every subset.
    private static bool HasClosure(string[] packages) => Enumerable.Range(0, 1 << 12).Any(bits => (bits & 1) == 1
        && IsWhole(Enumerable.Range(0, 12).Where(i => (bits >> i & 1) == 1).Select(static i => $"p{i}").ToHashSet(), packages));

    private static UserError Fails(string name, params string[] packages) => Fails([name], [], packages);

    private static UserError Fails(string[] names, string[] exclude, params string[] packages) =>
        Assert.Throws<UserError>(() => Resolve(names, exclude, packages));

    private static string Resolve(string name, params string[] packages) => Resolve([name], [], packages);

    private static string Resolve(string[] names, string[] exclude, params string[] packages) => string.Join(' ', Resolver
        .Resolve(Request(["trixie"], [.. names.Select(static n => new DebianPackage(n))]) with { Exclude = exclude }, Universe(["trixie"], packages))
        .Select(static package => package.Name));

    private static string ResolveVersions(string name, params string[] packages) => string.Join(' ', Resolver
        .Resolve(Request(["trixie"], new DebianPackage(name)), Universe(["trixie"], packages)).Select(static p => $"{p.Name}={p.Version}"));

    private static DebianRequest Request(string[] suites, params DebianPackage[] packages) => new() { Packages = packages, Suites = suites, Architecture = "amd64" };

    // A package a line: its name, then ` | Field: value` for each field. The value of Depends may hold ` | ` itself.
    private static PackageUniverse Universe(string[] suites, params string[] packages) =>
        new("amd64", suites, packages.SelectMany(static text => PackageIndex.Read(new MemoryStream(Encoding.UTF8.GetBytes(Paragraph(text))), SuiteOf(text))));

    private static string SuiteOf(string text) => text.Split(" | Suite: ") is [_, var rest] ? rest.Split(" | ")[0] : "trixie";

    private static string Paragraph(string text)
    {
        var lines = new List<string>();
        foreach (var part in text.Split(" | "))
        {
            if (lines.Count == 0) lines.Add($"Package: {part}");
            else if (part.Contains(": ", StringComparison.Ordinal)) lines.Add(part);
            else lines[^1] += " | " + part;
        }

        if (!text.Contains(" | Version: ", StringComparison.Ordinal)) lines.Add("Version: 1");
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return string.Join('\n', lines) + $"\nArchitecture: all\nFilename: pool/a.deb\nSize: 1\nSHA256: {hash}\n";
    }
}
