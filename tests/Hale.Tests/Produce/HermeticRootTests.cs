using Hale.Produce;

namespace Hale.Tests.Produce;

public sealed class HermeticRootTests
{
    private static readonly DebianRoot Root = new("web-root", ["nginx-light"]);

    [Fact]
    public void A_unit_is_shown_the_store_paths_that_it_names_and_those_that_they_name()
    {
        var inner = new TextFile("inner.conf", "x\n");
        var outer = new TextFile("outer.conf", $"include {inner}\n");
        var unit = new Unit("web.service") { Body = { HermeticRoot.On(Root), { "Service", "ExecStart", $"/usr/sbin/nginx -c {outer}" } } };

        Assert.Equal([$"{inner}", $"{outer}"], Shown(unit));
    }

    [Fact]
    public void A_template_that_it_is_handed_counts_too()
    {
        var page = new TextFile("page.html", "x\n");
        var unit = new Unit("web.service")
        {
            Body = { HermeticRoot.On(Root) },
            Credentials = [("config", new SecretTemplate("web.conf", SecretFormat.Plain, $"page {page}"))],
        };

        Assert.Equal([$"{page}"], Shown(unit));
    }

    [Fact]
    public void A_unit_that_reloads_onto_new_paths_may_see_the_whole_store_and_one_on_the_machines_root_is_left_alone()
    {
        var page = new TextFile("page.html", "x\n");
        UnitLine start = new("Service", "ExecStart", $"/usr/sbin/nginx {page}");

        Assert.Equal(["/nix/store"], Shown(new Unit("web.service") { Body = { HermeticRoot.WithWholeStore(Root), start } }));
        Assert.Empty(Shown(new Unit("web.service") { Body = { start } }));
    }

    [Fact]
    public void Each_set_of_native_packages_is_a_root_with_a_name_of_its_own()
    {
        var program = new DotnetProgram("web", "services/Web");
        string RootOf(params string[] native) => Assert.IsType<DebianRoot>(
            Assert.Single(DotnetService.Run(program, native).Single(line => line.Key == "RootDirectory").Value.Uses)).Name;

        Assert.Equal("dotnet-base", RootOf());
        Assert.Equal("dotnet-base-libolm3-libsqlite3-0", RootOf("libsqlite3-0", "libolm3"));
    }

    private static IEnumerable<string> Shown(Unit unit) =>
        unit.File().Content.ToString().Split('\n').Where(line => line.StartsWith("BindReadOnlyPaths=/nix/store", StringComparison.Ordinal))
            .Select(line => line["BindReadOnlyPaths=".Length..]);
}
