using System.Diagnostics;
using System.Globalization;
using Hale.Produce;
using Hale.Store.Dotnet;
using Hale.Store.Local;

/// <summary>A first-party service as machines get it: published to the store, on the runtime that all share, with the variables of its unit.</summary>
internal static class Published
{
    private const string Variable = "Environment";

    /// <summary>How to start it.</summary>
    /// <param name="name">The program's name.</param>
    /// <param name="folder">Its folder in services/.</param>
    /// <param name="environment">The variables that it is told.</param>
    public static async Task<ProcessStartInfo> ServiceAsync(string name, string folder, params IEnumerable<(string Name, string Value)> environment)
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Hale.slnx")))
            root = root.Parent;
        using var store = LocalStore.Open(LocalStore.DefaultFolder());
        var source = new DotnetSource(store);
        var locked = await source.LockAsync(new DotnetRequest { Architecture = "amd64" });
        var runtime = store.Real((await source.RuntimeAsync(locked)).Path);
        var program = store.Real((await source.ProgramAsync(name, Path.Combine(root.FullName, "services", folder), locked)).Path);
        var start = new ProcessStartInfo(Path.Combine(program, "bin", name)) { RedirectStandardOutput = true };
        foreach (var line in DotnetService.Run(new DotnetProgram(name, $"services/{folder}")).Where(line => line is { Section: "Service", Key: Variable }))
        {
            var (variable, value) = Split(line.Value.ToString());
            start.Environment[variable] = variable == "DOTNET_ROOT" ? runtime : value;
        }
        foreach (var (variable, value) in environment)
            start.Environment[variable] = value;
        return start;
    }

    /// <summary>Starts it and leaves aside what it logs.</summary>
    public static Process Start(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    /// <summary>
    /// Tells what the process holds now: resident memory, as ps and systemd's accounting of one service alone would have it, and of that its own, which no
    /// other process can share. The rest are pages of the runtime's files, which are in memory once for all services.
    /// </summary>
    /// <param name="name">The service.</param>
    /// <param name="process">Its process.</param>
    /// <param name="goal">The most that may be resident, in MB.</param>
    public static void PrintMemory(string name, Process process, double goal)
    {
        var held = File.ReadLines($"/proc/{process.Id}/smaps_rollup").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(words => words[0].TrimEnd(':'), words => double.Parse(words[1], CultureInfo.InvariantCulture) / 1024);
        new Figure($"{name}, resident memory", [held["Rss"]]) { Unit = "MB", Goal = goal }.Print();
        new Figure($"{name}, of it no file's", [held["Private_Dirty"]]) { Unit = "MB" }.Print();
    }

    private static (string Name, string Value) Split(string variable) =>
        variable.Split('=', 2) is [var name, var value] ? (name, value) : throw new InvalidOperationException($"{variable} sets nothing.");
}
