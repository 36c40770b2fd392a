using Hale.Store;

namespace Hale.Launcher.Find;

/// <summary>Finds the file that declares the fleet a command is about.</summary>
internal static class FleetFinder
{
    private const string FileName = "fleet.cs";

    /// <summary>
    /// The file that <c>--fleet</c> names, or HALE_FLEET; else fleet.cs in the working folder or the nearest one above;
    /// else <c>examples/HOST/fleet.cs</c> of a host that the arguments name, here or in Hale's own sources.
    /// </summary>
    /// <exception cref="UserError">There is none.</exception>
    public static string Find(IReadOnlyList<string> args, string? variable, string workingDirectory, string? sourceFolder)
    {
        if (Option(args) is { } said)
            return Named(said, "--fleet", workingDirectory);
        if (!string.IsNullOrEmpty(variable))
            return Named(variable, "HALE_FLEET", workingDirectory);
        for (var folder = new DirectoryInfo(workingDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, FileName) is var path && File.Exists(path))
                return path;
        foreach (var word in args.Skip(1).Where(arg => !arg.StartsWith('-') && arg.IndexOfAny(['/', '\\', '\0']) < 0))
            foreach (var root in (string?[])[workingDirectory, sourceFolder])
                if (root is not null && Path.Combine(root, "examples", word, FileName) is var path && File.Exists(path))
                    return path;
        throw new UserError(
            $"There is no {FileName} in {workingDirectory}, nor in a folder above it.",
            "Go to the folder of your fleet, name the file with --fleet PATH, or try an example: hale try ohana")
        { ExitCode = 2 };
    }

    private static string? Option(IReadOnlyList<string> args)
    {
        for (var i = 0; i < args.Count; i++)
            if (args[i] == "--fleet" && i + 1 < args.Count)
                return args[i + 1];
            else if (args[i].StartsWith("--fleet=", StringComparison.Ordinal) || args[i].StartsWith("--fleet:", StringComparison.Ordinal))
                return args[i]["--fleet=".Length..];
        return null;
    }

    private static string Named(string said, string by, string workingDirectory)
    {
        var path = Path.GetFullPath(said, workingDirectory);
        if (Directory.Exists(path))
            path = Path.Combine(path, FileName);
        return File.Exists(path) ? path
            : throw new UserError(
                $"{by} names {said}, but there is no file {path}.", "Name a fleet's file, or the folder that holds its fleet.cs.")
            { ExitCode = 2 };
    }
}
