using System.Reflection;

namespace Architecture.Tests;

/// <summary>Who may lean on whom, and why. A new arrow needs a reason here.</summary>
public sealed class DependencyTests
{
    /// <summary>Project, what it may reference, and the reason.</summary>
    public static TheoryData<string, string, string> Rules() => new()
    {
        { "Hale", "", "evaluation is pure: it must run anywhere, in a test, a browser or an editor" },
        { "Hale.Store", "", "the store knows formats, not hosts: it can serve others" },
        { "Hale.Secrets", "", "age and sops are formats; they need nothing of Hale" },
        { "Hale.Catalogue", "Hale", "a module is a declaration; one of the user's own has no more to hand" },
        { "Hale.Activator", "Hale.Store Hale.Secrets", "what runs on the machine ships in kilobytes and knows no declaration" },
        { "Hale.Operator", "Hale Hale.Store Hale.Secrets", "never the catalogue: a module of the user's is as good as one of ours" },
        { "Hale.Lab", "Hale Hale.Store Hale.Operator", "the lab deploys through the same code as any deploy" },
        { "Hale.Launcher", "Hale.Catalogue Hale.Lab Hale.Operator", "it puts the pieces next to each other for fleet.cs" },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_project_leans_only_on_those_it_may(string project, string allowed, string reason)
    {
        var file = $"src/{project}/{project}.csproj";
        if (!Repository.Files.Contains(file))
            return; // A room of the design that has not been built yet has no arrows.

        var strangers = Repository.References(file).Except(allowed.Split(' ')).ToList();

        Assert.True(strangers.Count == 0, $"{project} references {string.Join(", ", strangers)}, but {reason}.");
    }

    [Fact]
    public void Every_project_of_src_has_a_rule() =>
        Assert.Empty(Repository.Projects
            .Where(project => project.StartsWith("src/", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension)
            .Except(Rules().Select(row => (string)((object[])row)[0])));

    [Fact]
    public void Services_know_nothing_of_src_and_not_of_each_other()
    {
        foreach (var project in Repository.Projects.Where(project => project.StartsWith("services/", StringComparison.Ordinal)))
            Assert.Empty(Repository.References(project).Except(["ServiceHost", "Sodium", "Sqlite"]));
    }

    [Fact]
    public void Internals_are_visible_to_the_matching_test_project_alone()
    {
        foreach (var project in Repository.Projects)
            foreach (var friend in System.Xml.Linq.XDocument.Parse(Repository.Read(project)).Descendants("InternalsVisibleTo"))
                Assert.Contains(friend.Attribute("Include")!.Value, (string[])[$"{Path.GetFileNameWithoutExtension(project)}.Tests", $"{Path.GetFileNameWithoutExtension(project).Replace("Hale.", "", StringComparison.Ordinal)}.Tests"]);
    }

    [Fact]
    public void Versions_of_packages_live_in_one_file()
    {
        foreach (var project in Repository.Projects)
            Assert.DoesNotContain(
                System.Xml.Linq.XDocument.Parse(Repository.Read(project)).Descendants("PackageReference"),
                reference => reference.Attribute("Version") is not null || reference.Attribute("VersionOverride") is not null);
    }

    [Fact]
    public void The_pure_core_has_no_package() =>
        Assert.DoesNotContain("PackageReference", Repository.Read("src/Hale/Hale.csproj"), StringComparison.Ordinal);

    /// <summary>A namespace of any assembly that a fleet.cs is compiled with, internal ones too, would stand before the type.</summary>
    [Theory]
    [InlineData("Hale.Store")]
    [InlineData("Hale.Secrets")]
    [InlineData("Hale.Operator")]
    [InlineData("Hale.Lab")]
    public void No_namespace_hides_what_a_fleet_can_say(string assembly)
    {
        var said = ((string[])["Hale", "Hale.Catalogue"]).SelectMany(name => Assembly.Load(name).GetExportedTypes()).Select(type => type.Name);
        Assert.Empty(Assembly.Load(assembly).GetTypes().Select(type => type.Namespace?.Split('.')[0]).OfType<string>().Distinct().Intersect(said));
    }
}
