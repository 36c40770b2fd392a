using System.Diagnostics;

namespace Hale.Secrets.Tests;

/// <summary>Programs of other people that our formats are held against.</summary>
internal static class Peer
{
    /// <summary>
    /// Whether a program can be run. Where it is missing, the test that asks says so loudly and passes; with CI=true it fails.
    /// </summary>
    internal static bool Has(string program)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
        if (found)
            return true;
        Assert.False(Environment.GetEnvironmentVariable("CI") == "true", $"{program} is missing, and CI=true");
        Console.Error.WriteLine($"SKIPPED: {program} is missing; install it to hold this format against its peer.");
        return false;
    }

    /// <summary>Runs a program, feeds it bytes, and gives its output; fails the test where it fails.</summary>
    internal static byte[] Run(string program, string[] arguments, byte[]? input = null, IDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var feed = Task.Run(() =>
        {
            process.StandardInput.BaseStream.Write(input ?? []);
            process.StandardInput.Close();
        });
        var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        feed.Wait();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: exit {process.ExitCode}\n{errors.Result}");
        return output.ToArray();
    }

    /// <summary>The output as text, without the line end.</summary>
    internal static string Text(string program, params string[] arguments) =>
        System.Text.Encoding.UTF8.GetString(Run(program, arguments)).TrimEnd('\n');
}
