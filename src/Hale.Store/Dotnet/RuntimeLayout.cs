using System.IO.Compression;
using System.Text;

namespace Hale.Store.Dotnet;

/// <summary>
/// Lays the runtime's packages out as a <c>DOTNET_ROOT</c>: <c>host/fxr/V</c>, <c>shared/Microsoft.NETCore.App/V</c> and
/// <c>shared/Microsoft.AspNetCore.App/V</c>; and makes the small native program that a managed one starts with.
/// </summary>
internal static class RuntimeLayout
{
    /// <summary>What only debuggers and tracers load.</summary>
    private static readonly string[] NotNeededToRun = ["createdump", "libmscordaccore.so", "libmscordbi.so", "libcoreclrtraceptprovider.so"];

    /// <summary>The bytes that the host's template holds in place of its program's path: the hex SHA-256 of "foobar".</summary>
    private static readonly byte[] PathPlaceholder = Encoding.ASCII.GetBytes("c3ab8ff13720e8ad9047dd39466b3c8974e592c2fa383d4a3960714caef0c4f2");

    /// <summary>The space that the template has for the path.</summary>
    private const int LongestPath = 1024;

    /// <summary>Lays out the runtime.</summary>
    /// <param name="folder">An empty folder.</param>
    /// <param name="version">The version of the packages.</param>
    /// <param name="runtime">The .nupkg of Microsoft.NETCore.App.</param>
    /// <param name="aspnet">The .nupkg of Microsoft.AspNetCore.App.</param>
    public static void Make(string folder, string version, string runtime, string aspnet)
    {
        var core = Path.Combine(folder, "shared", "Microsoft.NETCore.App", version);
        var web = Path.Combine(folder, "shared", "Microsoft.AspNetCore.App", version);
        var host = Path.Combine(folder, "host", "fxr", version);
        foreach (var part in (string[])[core, web, host])
            Directory.CreateDirectory(part);
        Extract(runtime, name => name == "libhostfxr.so" ? host : NotNeededToRun.Contains(name) ? null : core);
        Extract(aspnet, _ => web);
        if (!File.Exists(Path.Combine(host, "libhostfxr.so")) || !File.Exists(Path.Combine(core, "System.Private.CoreLib.dll")))
            throw new UserError($"The package {Path.GetFileName(runtime)} does not hold a .NET runtime.", "Renew the pin: hale update dotnet-runtime.");
    }

    /// <summary>The host program for the managed program at a path relative to it.</summary>
    /// <param name="hostPackage">The .nupkg of Microsoft.NETCore.App.Host.</param>
    /// <param name="program">The path of the .dll, from the folder that the host will lie in.</param>
    public static byte[] Host(string hostPackage, string program)
    {
        using var archive = ZipFile.OpenRead(hostPackage);
        var entry = archive.Entries.FirstOrDefault(entry => entry.FullName.StartsWith("runtimes/", StringComparison.Ordinal) && entry.Name == "apphost")
            ?? throw new UserError($"The package {Path.GetFileName(hostPackage)} holds no apphost.", "Renew the pin: hale update dotnet-runtime.");
        using var content = new MemoryStream();
        using (var stream = entry.Open())
            stream.CopyTo(content);
        var bytes = content.ToArray();
        var at = bytes.AsSpan().IndexOf(PathPlaceholder);
        var path = Encoding.UTF8.GetBytes(program);
        if (at < 0 || path.Length >= LongestPath)
            throw new UserError($"The host in {Path.GetFileName(hostPackage)} cannot be bound to {program}.", "Renew the pin: hale update dotnet-runtime.");
        bytes.AsSpan(at, PathPlaceholder.Length).Clear();
        path.CopyTo(bytes, at);
        return bytes;
    }

    private static void Extract(string package, Func<string, string?> placeOf)
    {
        using var archive = ZipFile.OpenRead(package);
        foreach (var entry in archive.Entries)
        {
            // Only runtimes/RID/native/FILE and runtimes/RID/lib/FRAMEWORK/FILE: no deeper, so that a name cannot lead elsewhere.
            var parts = entry.FullName.Split('/');
            var isFile = parts is ["runtimes", _, "native", { Length: > 0 }] or ["runtimes", _, "lib", _, { Length: > 0 }];
            if (!isFile || parts[^1] is "." or ".." || placeOf(parts[^1]) is not { } folder)
                continue;
            using var from = entry.Open();
            using var to = new FileStream(Path.Combine(folder, parts[^1]), FileMode.CreateNew);
            from.CopyTo(to);
        }
    }
}
