using Hale.Store.Closure;

namespace Hale.Activator.Tests.Support;

/// <summary>Small systems to plan between. A store path's hash is made of its content's name and version, so that tests read well.</summary>
internal static class Systems
{
    internal static SystemManifest Of(params ManifestUnit[] units) =>
        new() { Host = "ohana", Architecture = "amd64", Units = [.. units.OrderBy(u => u.Name, StringComparer.Ordinal)] };

    /// <summary>A unit of one version, wanted by multi-user.target.</summary>
    internal static ManifestUnit Unit(string name, int version = 1) =>
        new() { Name = name, Path = StorePath(name, version), WantedBy = ["multi-user.target"] };

    /// <summary>A unit that something else starts.</summary>
    internal static ManifestUnit Loose(string name, int version = 1) => Unit(name, version) with { WantedBy = [] };

    internal static ManifestFile Etc(string target, int version = 1) => new() { Target = target, Path = StorePath(Path.GetFileName(target), version) };

    internal static string StorePath(string name, int version = 1) => $"/nix/store/{version.ToString().PadLeft(32, '0')}-{name}";
}
