using Hale.Store.Debian;

namespace Hale.Store.Tests.Debian;

public class MirrorSettingsTests
{
    [Fact]
    public void Both_styles_of_apts_sources_are_read()
    {
        Assert.Equal(
            [("http://a.example/debian", "trixie", "main contrib"), ("http://b.example/debian", "sid", "main")],
            AptSources.ParseLines("# deb http://x.example/ x main\ndeb http://a.example/debian trixie main contrib # ours\n\n" +
                "deb-src http://a.example/debian trixie main\ndeb [arch=amd64 signed-by=/k.gpg]  http://b.example/debian\tsid main\ndeb bad\n").Select(Flat));
        Assert.Equal(
            [("http://a.example/debian", "trixie", "main"), ("http://a.example/debian", "trixie-updates", "main"), ("http://s.example/security", "trixie-security", "main")],
            AptSources.ParseParagraphs("""
                Types: deb deb-src
                # a comment
                URIs: http://a.example/debian
                Suites: trixie
                # another
                 trixie-updates
                Components: main

                Types: deb
                URIs: http://s.example/security
                Suites: trixie-security
                Components: main
                Enabled: yes

                Types: deb
                URIs: http://off.example/
                Suites: trixie
                Components: main
                Enabled: no
                """u8.ToArray()).Select(Flat));
    }

    [Fact]
    public void The_mirror_of_Debian_is_told_from_other_sources_and_its_security_archive_from_it()
    {
        using var apt = new Scratch();
        apt.Write("apt/sources.list", "deb https://other.example/apt stable main\ndeb https://tools.example/ trixie tools\n" +
            "deb [signed-by=/usr/share/keyrings/theirs.gpg] https://php.example/php trixie main\ndeb https://db.example/debian trixie-db main\n");
        apt.Write("apt/sources.list.d/debian.sources", "Types: deb\nURIs: http://s.example/debian-security/\nSuites: trixie-security\nComponents: main\n\n" +
            "Types: deb\nURIs: http://m.example/debian\nSuites: trixie trixie-updates\nComponents: main\n");
        apt.Write("apt/sources.list.d/old.sources.disabled", "Types: deb\nURIs: http://old.example/debian\nSuites: trixie\nComponents: main\n");
        var settings = AptConfiguration.Read(apt["apt"], apt["os-release"]);
        Assert.Equal("http://m.example/debian/", settings.Archive.ToString());
        Assert.Equal("http://s.example/debian-security/", settings.ArchiveOf("trixie-security").ToString());
        Assert.Equal("http://m.example/debian/", settings.ArchiveOf("sid").ToString());
    }

    [Fact]
    public void A_file_of_mirrors_is_read_as_cloud_images_have_it()
    {
        using var apt = new Scratch();
        var list = apt.Write("mirrors/debian.list", "http://cloud.example/debian\nhttp://second.example/debian\n");
        apt.Write("apt/sources.list", $"deb mirror+file:{list} trixie main\n");
        Assert.Equal("http://cloud.example/debian/", AptConfiguration.Read(apt["apt"], apt["os-release"]).Archive.ToString());
    }

    [Fact]
    public void A_release_that_this_code_does_not_know_is_known_by_the_computer_that_runs_it()
    {
        using var apt = new Scratch();
        apt.Write("apt/sources.list", "deb http://m.example/debian zurg main\n");
        Assert.Throws<UserError>(() => AptConfiguration.Read(apt["apt"], apt["os-release"]));
        apt.Write("os-release", "ID=debian\nVERSION_CODENAME=zurg\n");
        Assert.Equal("http://m.example/debian/", AptConfiguration.Read(apt["apt"], apt["os-release"]).Archive.ToString());
    }

    [Fact]
    public void Without_apt_and_without_a_setting_there_is_an_error_with_a_hint()
    {
        using var apt = new Scratch();
        var error = Assert.Throws<UserError>(() => AptConfiguration.Read(apt["nowhere"], apt["os-release"]));
        Assert.Contains("no apt configuration", error.Message);
        Assert.Contains("fleet", error.Hint);
        Directory.CreateDirectory(apt["apt"]);
        Assert.Contains("name no http address", Assert.Throws<UserError>(() => AptConfiguration.Read(apt["apt"], apt["os-release"])).Message);
    }

    [Theory]
    [InlineData("not a url")]
    [InlineData("ftp://a.example/debian")]
    [InlineData("/srv/mirror")]
    public void A_mirror_that_is_no_web_address_is_refused_with_its_value(string mirror) =>
        Assert.Contains(mirror, Assert.Throws<UserError>(() => MirrorSettings.Of(mirror)).Message);

    [Fact]
    public void A_security_suite_without_a_security_archive_is_an_error() =>
        Assert.Contains("trixie-security", Assert.Throws<UserError>(() => MirrorSettings.Of("http://a.example/debian").ArchiveOf("trixie-security")).Message);

    [Theory]
    [InlineData("Acquire::http::Proxy \"http://p.example:3142\";", "http://p.example:3142/")]
    [InlineData("Acquire::http::proxy \"http://p.example:3142\";", "http://p.example:3142/")]
    [InlineData("Acquire::http::Proxy \"http://p.example:3142\";\nAcquire::http::Proxy::m.example \"DIRECT\";", null)]
    [InlineData("Acquire::http::Proxy::m.example \"http://q.example/\";", "http://q.example/")]
    [InlineData("Acquire::http::Proxy::o.example \"http://q.example/\";", null)]
    [InlineData("Acquire::http::Proxy \"\";", null)]
    [InlineData("APT::Architecture \"amd64\";", null)]
    public void Apts_proxy_is_used(string dump, string? expected) =>
        Assert.Equal(expected, AptConfiguration.FindProxy(dump, new Uri("http://m.example/debian/"))?.ToString());

    private static (string, string, string) Flat(AptSource source) => (source.Uri, source.Suite, string.Join(' ', source.Components));
}
