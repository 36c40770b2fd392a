using System.Text.RegularExpressions;

namespace Architecture.Tests;

/// <summary>Rules of the repository that a person would otherwise have to remember.</summary>
public sealed partial class HouseRuleTests
{
    /// <summary>Files over 400 lines, each with its reason. There is none.</summary>
    private static readonly string[] LongOnPurpose = [];

    private static IEnumerable<string> Sources => Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    [Fact]
    public void No_source_file_is_longer_than_400_lines() =>
        Assert.Empty(Sources.Except(LongOnPurpose).Where(file => Repository.Read(file).Count(c => c == '\n') > 400));

    [Fact]
    public void No_line_of_source_ends_in_white_space() =>
        Assert.Empty(
            from file in Sources
            from line in Repository.Read(file).Split('\n').Select((text, index) => (Text: text, Number: index + 1))
            where line.Text.EndsWith(' ') || line.Text.EndsWith('\t')
            select $"{file}:{line.Number}");

    [Fact]
    public void Every_room_has_a_readme()
    {
        var rooms = Repository.Projects.Where(project => !project.StartsWith("tests/", StringComparison.Ordinal)).Select(Path.GetDirectoryName)
            .Concat(Repository.Files.Where(file => ModuleFolder().IsMatch(file)).Select(file => ModuleFolder().Match(file).Value.TrimEnd('/')))
            .Distinct();

        Assert.Empty(rooms.Where(room => !Repository.Files.Contains($"{room}/README.md")));
    }

    [Fact]
    public void No_registry_or_mirror_and_no_path_of_this_machine_is_named()
    {
        var hosts = Hosts().ToList();
        Assert.NotEmpty(hosts);

        var named =
            from file in Repository.Files
            where !file.EndsWith(".png", StringComparison.Ordinal) && !file.EndsWith(".gpg", StringComparison.Ordinal)
            let text = Repository.Read(file)
            from forbidden in hosts.Append(Repository.Root + "/")
            where text.Contains(forbidden, StringComparison.OrdinalIgnoreCase)
            select $"{file}: {forbidden}";

        Assert.Empty(named);
    }

    [Fact]
    public void Npm_lock_files_record_no_download_addresses() =>
        Assert.Empty(Repository.Files
            .Where(file => file.EndsWith("package-lock.json", StringComparison.Ordinal))
            .Where(file => Repository.Read(file).Contains("\"resolved\"", StringComparison.Ordinal)));

    [Fact]
    public void Every_decision_record_says_what_was_decided_and_why()
    {
        var records = Repository.Files.Where(file => file.StartsWith("docs/decisions/0", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(records);
        Assert.All(records, record =>
        {
            Assert.Contains("## Decision", Repository.Read(record), StringComparison.Ordinal);
            Assert.Contains("## Why", Repository.Read(record), StringComparison.Ordinal);
        });
    }

    /// <summary>The hosts that this computer's apt, NuGet and npm are set up with.</summary>
    private static IEnumerable<string> Hosts()
    {
        var settings = new List<string>();
        foreach (var folder in (string[])["/etc/apt", "/etc/apt/sources.list.d"])
            if (Directory.Exists(folder))
                settings.AddRange(Directory.GetFiles(folder).Where(file => file.EndsWith(".list", StringComparison.Ordinal) || file.EndsWith(".sources", StringComparison.Ordinal)).Select(File.ReadAllText));
        settings.Add(Repository.Output("dotnet", "nuget", "list", "source", "--format", "short"));
        if (File.Exists("/usr/bin/npm"))
            settings.Add(Repository.Output("/usr/bin/npm", "config", "get", "registry"));
        return settings.SelectMany(text => Address().Matches(text)).Select(match => match.Groups[1].Value).Distinct();
    }

    [GeneratedRegex("^src/Hale.Catalogue/[A-Z][A-Za-z]+/")]
    private static partial Regex ModuleFolder();

    [GeneratedRegex("https?://([^/ :]+)")]
    private static partial Regex Address();
}
