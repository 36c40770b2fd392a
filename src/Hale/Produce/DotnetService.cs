namespace Hale.Produce;

/// <summary>
/// Lines that run a <see cref="DotnetProgram"/> as a service: on a root with just the libraries that .NET loads, with the shared
/// runtime, as a user of its own, hardened.
/// </summary>
public static class DotnetService
{
    /// <summary>Runs the program; a later line of the unit may add to this or change it.</summary>
    /// <param name="program">The program.</param>
    /// <param name="native">Debian packages with the native libraries that it loads: <c>libsqlite3-0</c>.</param>
    public static IEnumerable<UnitLine> Run(DotnetProgram program, params IEnumerable<string> native)
    {
        foreach (var line in HermeticRoot.On(Root(native)))
            yield return line;
        yield return new("Service", "Environment", $"DOTNET_ROOT={new DotnetRuntime()}");
        // Otherwise every process opens a socket that debuggers may attach to.
        yield return new("Service", "Environment", "DOTNET_EnableDiagnostics=0");
        // Garbage is collected after each half megabyte: left to itself, the runtime takes a large processor cache for memory to spend.
        yield return new("Service", "Environment", "DOTNET_GCgen0size=0x80000");
        // The heap grows by regions of this size, of which each generation has one at the least; left to itself, by four megabytes.
        yield return new("Service", "Environment", "DOTNET_GCRegionSize=0x100000");
        yield return new("Service", "ExecStart", $"{program}/bin/{program.ProgramName}");
        yield return new("Service", "DynamicUser", "yes");
        foreach (var line in Hardening.Strict)
            yield return line;
        // The runtime gives each new thread back its processors, and does not start where it may not.
        yield return new("Service", "SystemCallFilter", "sched_setaffinity");
    }

    // Of the packages that these depend on, openssl and debconf serve installation only. The root's name stands in hale.lock: one
    // for each set of packages.
    private static DebianRoot Root(IEnumerable<string> native)
    {
        string[] more = [.. native.Distinct().Order(StringComparer.Ordinal)];
        return new(string.Join('-', ["dotnet-base", .. more]),
            ["ca-certificates", "libc6", "libgcc-s1", "libssl3t64", "libstdc++6", "tzdata", "zlib1g", .. more])
        {
            Exclude = ["debconf", "openssl"],
        };
    }
}
