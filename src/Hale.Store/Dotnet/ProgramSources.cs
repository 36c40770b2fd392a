using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace Hale.Store.Dotnet;

/// <summary>
/// The files a program is built from: its project's folder, those of the projects it references, and the build properties above them. Their hash
/// stands for the program, so that it is published once.
/// </summary>
internal static class ProgramSources
{
    private static readonly string[] Above = ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", ".editorconfig", "nuget.config", "NuGet.Config"];

    /// <summary>The project file of a folder, or the file itself.</summary>
    /// <exception cref="UserError">There is none, or more than one.</exception>
    public static string ProjectFile(string path)
    {
        if (File.Exists(path))
            return Path.GetFullPath(path);
        var projects = Directory.Exists(path) ? Directory.GetFiles(path, "*.csproj") : [];
        return projects.Length == 1
            ? Path.GetFullPath(projects[0])
            : throw new UserError(
                projects.Length == 0 ? $"There is no project in {path}." : $"There are several projects in {path}.",
                "Name the folder of one .csproj, or the .csproj itself.");
    }

    /// <summary>The folder above everything that the project is built from.</summary>
    public static string CommonFolder(string project)
    {
        var folders = Projects(project).Select(one => Path.GetDirectoryName(one)!).ToList();
        var common = folders[0];
        while (!folders.All(folder => folder == common || folder.StartsWith(common + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            common = Path.GetDirectoryName(common)!;
        var properties = FilesAbove(common).Select(Path.GetDirectoryName).OrderBy(folder => folder!.Length).FirstOrDefault();
        return properties ?? common;
    }

    /// <summary>A hash of every source, by its path below <see cref="CommonFolder"/> and its content.</summary>
    public static string Hash(string project)
    {
        var root = CommonFolder(project);
        var files = Projects(project)
            .SelectMany(one => Files(Path.GetDirectoryName(one)!))
            .Concat(FilesAbove(Path.GetDirectoryName(project)!))
            .Distinct()
            .Select(file => (Name: Path.GetRelativePath(root, file).Replace('\\', '/'), File: file))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, file) in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name + "\0"));
            hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private static List<string> Projects(string project)
    {
        var found = new List<string> { project };
        for (var next = 0; next < found.Count; next++)
            foreach (var reference in XDocument.Load(found[next]).Descendants("ProjectReference"))
                if (reference.Attribute("Include")?.Value is { } include
                    && Path.GetFullPath(Path.Combine(Path.GetDirectoryName(found[next])!, include.Replace('\\', '/'))) is var path
                    && !found.Contains(path))
                    found.Add(path);
        return found;
    }

    private static IEnumerable<string> Files(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
            yield return file;
        foreach (var inner in Directory.EnumerateDirectories(folder))
            if (Path.GetFileName(inner) is not ("bin" or "obj" or ".vs" or "node_modules"))
                foreach (var file in Files(inner))
                    yield return file;
    }

    private static IEnumerable<string> FilesAbove(string folder)
    {
        for (var above = folder; above is not null; above = Path.GetDirectoryName(above))
        {
            foreach (var name in Above)
                if (File.Exists(Path.Combine(above, name)))
                    yield return Path.Combine(above, name);
            if (Directory.Exists(Path.Combine(above, ".git")) || File.Exists(Path.Combine(above, ".git")))
                yield break;
        }
    }
}
