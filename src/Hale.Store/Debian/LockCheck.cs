namespace Hale.Store.Debian;

/// <summary>Checks a lock that people may have merged or edited before anything is done by it.</summary>
internal static class LockCheck
{
    /// <summary>Checks that a lock can answer a request.</summary>
    /// <exception cref="UserError">It cannot; all that is wrong with it is said.</exception>
    public static void Check(string name, DebianRequest request, DebianLock locked)
    {
        var problems = locked.Packages.SelectMany(ProblemsOf).ToList();
        if (locked.Suites.Count == 0) problems.Add("it names no suite");
        problems.AddRange(locked.Suites
            .Where(static suite => suite.Codename.Any(static c => !IsPlain(c)))
            .Select(static suite => $"the suite {suite.Name} has the codename `{suite.Codename}`"));
        problems.AddRange(request.Packages
            .Where(asked => !locked.Packages.Any(package => package.Name == asked.Name))
            .Select(static asked => $"the package {asked.Name} is missing"));
        problems.AddRange(locked.Packages.GroupBy(static package => package.Name)
            .Where(static group => group.Count() > 1)
            .Select(static group => $"the package {group.Key} is there twice"));
        if (problems.Count > 0)
        {
            throw new UserError(
                $"hale.lock: the entry of {name} is damaged: {string.Join("; ", problems)}.",
                $"Take it back from git, or renew it: hale update {name}");
        }
    }

    private static IEnumerable<string> ProblemsOf(LockedPackage package)
    {
        if (package.Name.Length == 0 || package.Name.Any(static c => !IsPlain(c))) yield return $"`{package.Name}` is no package's name";
        if (!DebianVersion.TryParse(package.Version, out _)) yield return $"{package.Name} has the version `{package.Version}`";
        if (!PackageIndex.IsPoolPath(package.File)) yield return $"{package.Name} has the file name `{package.File}`";
        if (!Sha256Hex.IsValid(package.Sha256)) yield return $"{package.Name} has the SHA-256 `{package.Sha256}`";
        if (package.Size <= 0) yield return $"{package.Name} has the size {package.Size}";
    }

    private static bool IsPlain(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_';
}
