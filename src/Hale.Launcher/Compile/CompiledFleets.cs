using Hale.Launcher.Find;
using Hale.Operator;
using Hale.Store;

namespace Hale.Launcher.Compile;

/// <summary>
/// Compiled fleets, kept in the user's cache: <c>fleets/FILE/KEY/fleet.dll</c>, where KEY follows from everything that went in.
/// A folder is made under another name and renamed when it is whole.
/// </summary>
/// <param name="folder">The cache's folder <c>fleets</c>.</param>
internal sealed class CompiledFleets(string folder)
{
    private const int Kept = 8;

    /// <summary>The compiled program of these sources, compiled now where it is not there.</summary>
    /// <exception cref="RefusedException">It does not compile.</exception>
    /// <exception cref="UserError">The cache cannot be written.</exception>
    public string Program(FleetSources sources, Surroundings surroundings)
    {
        try
        {
            return Find(sources, surroundings);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError(
                $"The compiled fleet cannot be kept in {folder}: {error.Message}",
                "Make room or give yourself the right to write there, or put the cache elsewhere: HALE_CACHE=FOLDER", error);
        }
    }

    private string Find(FleetSources sources, Surroundings surroundings)
    {
        var sdk = DotnetSdk.Find();
        var own = Path.Combine(folder, Name(sources.File));
        var place = Path.Combine(own, sources.Key($"{sdk.Version}\0{OwnBuild()}"));
        var program = Path.Combine(place, "fleet.dll");
        if (File.Exists(program) && !sources.HasProjects)
            return program;

        Directory.CreateDirectory(own);
        var making = Path.Combine(own, $".{Guid.NewGuid():n}");
        Directory.CreateDirectory(making);
        try
        {
            if (sources.ForProject.Count == 0)
                CscCompiler.Compile(sources, sdk, making, surroundings);
            else
                ProjectCompiler.Compile(sources, sdk, Path.Combine(own, "project"), making, surroundings);
            Put(making, place);
            Prune(own, place);
        }
        finally
        {
            if (Directory.Exists(making))
                Directory.Delete(making, recursive: true);
        }
        return program;
    }

    private static void Put(string making, string place)
    {
        // With #:project the same key can mean other bytes; a process that runs the old ones keeps them open.
        if (Directory.Exists(place))
            Directory.Delete(place, recursive: true);
        try
        {
            Directory.Move(making, place);
        }
        catch (IOException) when (Directory.Exists(place))
        {
            // Another hale compiled the same at the same time.
        }
    }

    private static void Prune(string own, string current)
    {
        foreach (var old in new DirectoryInfo(own).EnumerateDirectories()
            .Where(entry => entry.Name.Length == 32 && entry.FullName != current)
            .OrderByDescending(entry => entry.LastWriteTimeUtc).Skip(Kept - 1).ToList())
            old.Delete(recursive: true);
    }

    /// <summary>Tells one build of Hale from another, without reading its files.</summary>
    private static string OwnBuild() => string.Join(
        '\0',
        new DirectoryInfo(AppContext.BaseDirectory).EnumerateFiles("Hale*.dll").OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));

    private static string Name(string file) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(file)))[..16];
}
