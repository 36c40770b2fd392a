using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ServiceHarness;

/// <summary>
/// A test that needs programs of the computer, or root. Where they are missing it is skipped and says so; on CI it runs, and fails.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsFactAttribute : FactAttribute
{
    public NeedsFactAttribute(params string[] tools)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            return;
        var missing = tools.Where(tool => tool == "root" ? Environment.UserName != "root" : Tools.Find(tool) is null).ToList();
        if (missing.Count > 0)
            Skip = $"SKIPPED: this test needs {string.Join(", ", missing)}.";
    }
}

internal static class Tools
{
    // Making the folder of Synapse downloads some 70 MB.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static string? Find(string tool) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, tool))
        .FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end. Throws with its output where it fails.</summary>
    public static async Task<string> RunAsync(string tool, params string[] arguments)
    {
        var (code, output, error) = await TryAsync(tool, arguments, new Dictionary<string, string>());
        return code == 0
            ? output
            : throw new InvalidOperationException($"{tool} {string.Join(' ', arguments)} exited with {code}:\n{error}{output}");
    }

    public static async Task<(int Code, string Output, string Error)> TryAsync(
        string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        using var process = Start(tool, arguments, environment);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{tool} {string.Join(' ', arguments)} did not end within {Longest}:\n{await error}{await output}");
        }
        return (process.ExitCode, await output, await error);
    }

    public static Process Start(string tool, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(tool, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start) ?? throw new InvalidOperationException($"{tool} does not start.");
    }

    /// <summary>A port of loopback that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>The path of one of our programs, as built for the tests.</summary>
    public static string Program(string name) => Path.Combine(AppContext.BaseDirectory, $"{name}.dll");
}

/// <summary>A folder that is gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hale-service-").FullName;

    public string Write(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
