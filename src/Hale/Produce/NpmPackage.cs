using Hale.Evaluate;

namespace Hale.Produce;

/// <summary>
/// One package of the npm registry that this computer's npm is set up with, unpacked as it is published: no script of it runs, and
/// nothing that it depends on comes along. Pinned in <c>hale.lock</c> by its SHA-512, as <c>npm/NAME</c>.
/// </summary>
/// <param name="PackageName">Its name, with its scope where it has one: <c>@matrix-org/olm</c>.</param>
/// <param name="Version">Its exact version: <c>3.2.15</c>.</param>
public sealed record NpmPackage(string PackageName, string Version) : Derivation(Plain(PackageName))
{
    /// <summary>What is wrong with it, as declared; all of it.</summary>
    public IEnumerable<Problem> Check()
    {
        var parts = PackageName.Split('/');
        if (parts.Length > 2 || PackageName.Length > 214 || (parts.Length == 2 && !(parts[0].StartsWith('@') && IsPart(parts[0][1..]))) || !IsPart(parts[^1]))
            yield return new Problem($"\"{PackageName}\" is no name of an npm package.", "Write it as npm does: \"name\" or \"@scope/name\".");
        if (Version.Length == 0 || !char.IsAsciiDigit(Version[0]) || !Version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+') || Version.Count(c => c == '.') < 2)
            yield return new Problem($"The npm package {PackageName} has the version \"{Version}\".", "Write an exact version, such as \"1.2.3\": a range would mean something else tomorrow.");
    }

    internal override string Describe() => $"npm\n{PackageName}\n{Version}\n";

    private static bool IsPart(string part) =>
        part.Length > 0 && part[0] is not ('.' or '-' or '_') && part.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    private static string Plain(string name) => name.TrimStart('@').Replace('/', '-');
}
