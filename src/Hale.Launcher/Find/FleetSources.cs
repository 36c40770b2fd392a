using System.Security.Cryptography;
using System.Text;
using Hale.Operator;
using Hale.Operator.Diagnose;

namespace Hale.Launcher.Find;

/// <summary>A line <c>#:KIND VALUE</c> at the top of fleet.cs (.NET's file-based programs).</summary>
/// <param name="Kind"><c>include</c>, <c>package</c>, <c>project</c> or <c>property</c>.</param>
/// <param name="Value">What follows.</param>
/// <param name="Line">Its line, from 1.</param>
internal sealed record Directive(string Kind, string Value, int Line);

/// <summary>All that a fleet is compiled from: fleet.cs, the files its <c>#:include</c> lines name, and its other <c>#:</c> lines.</summary>
internal sealed record FleetSources
{
    /// <summary>The absolute path of fleet.cs.</summary>
    public required string File { get; init; }

    /// <summary>Absolute paths of the files it includes, in order.</summary>
    public required IReadOnlyList<string> Includes { get; init; }

    /// <summary>Its lines that take MSBuild to honour: packages, projects, properties.</summary>
    public required IReadOnlyList<Directive> ForProject { get; init; }

    /// <summary>Whether a project's own sources count, which only MSBuild knows.</summary>
    public bool HasProjects => ForProject.Any(directive => directive.Kind == "project");

    /// <summary>The files to compile.</summary>
    public IEnumerable<string> Files => [File, .. Includes];

    /// <summary>Reads the top of fleet.cs. Included files are compiled as they are; their own <c>#:</c> lines do not count.</summary>
    /// <exception cref="RefusedException">A line that is not understood, or an include that is not there.</exception>
    public static FleetSources Read(string file)
    {
        var includes = new List<string>();
        var forProject = new List<Directive>();
        var wrong = new List<Diagnostic>();
        foreach (var directive in Directives(System.IO.File.ReadLines(file)))
            switch (directive.Kind)
            {
                case "include":
                    var found = Matches(directive.Value, file);
                    if (found.Count == 0)
                        wrong.Add(new Diagnostic($"Nothing to include is there: {directive.Value}")
                        { File = file, Line = directive.Line, Hint = "Paths are relative to fleet.cs; the last part may hold a *." });
                    includes.AddRange(found.Except([file]).Except(includes).ToList());
                    break;
                case "package" or "project" or "property":
                    forProject.Add(directive);
                    break;
                default:
                    wrong.Add(new Diagnostic($"A line \"#:{directive.Kind}\" means nothing to Hale.")
                    { File = file, Line = directive.Line, Hint = "There are #:include, #:package, #:project and #:property." });
                    break;
            }
        if (wrong.Count > 0)
            throw new RefusedException(wrong, new SourceText());
        // The property that `dotnet run fleet.cs` needs makes no difference to a program that is loaded, not published.
        forProject.RemoveAll(
            directive => directive.Kind == "property" && directive.Value.Replace(" ", "", StringComparison.Ordinal) == "PublishAot=false");
        return new() { File = file, Includes = includes, ForProject = forProject };
    }

    /// <summary>A hash of everything that makes a difference to the compiled program.</summary>
    /// <param name="tools">What compiles it, and against what.</param>
    public string Key(string tools)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"hale-fleet-1\0{tools}\0"));
        foreach (var path in Files)
        {
            // The path counts, because diagnostics name it.
            hash.AppendData(Encoding.UTF8.GetBytes($"{path}\0"));
            hash.AppendData(SHA256.HashData(System.IO.File.ReadAllBytes(path)));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset()[..16]);
    }

    private static IEnumerable<Directive> Directives(IEnumerable<string> lines)
    {
        var number = 0;
        foreach (var line in lines.Select(line => line.Trim()))
        {
            number++;
            if (line.StartsWith("#:", StringComparison.Ordinal))
            {
                var parts = line[2..].Split((char[]?)null, 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                yield return new(parts.ElementAtOrDefault(0) ?? "", parts.ElementAtOrDefault(1) ?? "", number);
            }
            else if (
                line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("#!", StringComparison.Ordinal))
                yield break; // The compiler refuses such lines after the first word of C#.
        }
    }

    private static List<string> Matches(string pattern, string file)
    {
        var path = Path.GetFullPath(pattern, Path.GetDirectoryName(file)!);
        if (System.IO.File.Exists(path))
            return [path];
        var folder = Path.GetDirectoryName(path)!;
        return Path.GetFileName(path).Contains('*', StringComparison.Ordinal) && Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(path)).Order(StringComparer.Ordinal)]
            : [];
    }
}
