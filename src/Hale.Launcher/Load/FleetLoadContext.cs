using System.Reflection;
using System.Runtime.Loader;

namespace Hale.Launcher.Load;

/// <summary>
/// Where a fleet's own assemblies live. What Hale itself has is Hale's, so that a Module means the same type on both sides;
/// the rest comes from beside the fleet.
/// </summary>
/// <param name="program">The compiled fleet.</param>
internal sealed class FleetLoadContext(string program) : AssemblyLoadContext("fleet", isCollectible: true)
{
    private readonly AssemblyDependencyResolver? resolver =
        File.Exists(Path.ChangeExtension(program, ".deps.json")) ? new(program) : null;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (resolver is null || File.Exists(Path.Combine(AppContext.BaseDirectory, $"{assemblyName.Name}.dll")))
            return null;
        return resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName) =>
        resolver?.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
