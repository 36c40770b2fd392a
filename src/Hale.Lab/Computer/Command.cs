using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Hale.Lab;

/// <summary>A program of this computer, run to its end.</summary>
internal static class Command
{
    /// <summary>Output beyond this many characters is dropped: a command that never stops talking must not fill the memory.</summary>
    private const int MostOutput = 64 * 1024 * 1024;

    /// <summary>Runs a program and returns what it said, whatever its exit code.</summary>
    /// <param name="program">Its name, looked up in PATH.</param>
    /// <param name="arguments">Its arguments, passed as they are.</param>
    /// <param name="input">What it reads; nothing when null.</param>
    /// <param name="onErrorLine">Called with each line of its standard error as it comes.</param>
    /// <param name="cancellation">Ends it and its children.</param>
    public static async Task<CommandResult> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string? input = null,
        Action<string>? onErrorLine = null,
        CancellationToken cancellation = default)
    {
        using var process = Start(program, arguments);
        try
        {
            var output = ReadAsync(process.StandardOutput, null, cancellation);
            var error = ReadAsync(process.StandardError, onErrorLine, cancellation);
            await WriteAsync(process.StandardInput, input ?? "", cancellation);
            var (outputText, errorText) = (await output, await error);
            await process.WaitForExitAsync(cancellation);
            return new CommandResult(string.Join(' ', arguments.Prepend(program)), process.ExitCode, outputText, errorText);
        }
        catch (OperationCanceledException)
        {
            End(process);
            throw;
        }
    }

    /// <summary>Runs a program that must end with exit code 0.</summary>
    /// <exception cref="LabException">It ended with another; the message holds what it said.</exception>
    public static async Task<string> SucceedAsync(
        string program,
        IEnumerable<string> arguments,
        string? input = null,
        CancellationToken cancellation = default)
    {
        var result = await RunAsync(program, arguments, input, null, cancellation);
        return result.ExitCode == 0 ? result.Output : throw new LabException($"a program of this computer failed\n{result.Describe()}");
    }

    /// <summary>Starts a program with its three streams redirected.</summary>
    public static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new LabException($"cannot start {program}: {e.Message}", e);
        }
    }

    /// <summary>Ends a program and its children at once, where it still runs.</summary>
    public static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It is gone already.
        }
    }

    private static async Task WriteAsync(StreamWriter writer, string text, CancellationToken cancellation)
    {
        try
        {
            await writer.WriteAsync(text.AsMemory(), cancellation);
            writer.Close();
        }
        catch (IOException)
        {
            // It ended, or closed its input, without reading all of it; its exit code says whether that was right.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? onLine, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        if (onLine is not null)
        {
            while (await reader.ReadLineAsync(cancellation) is { } line)
            {
                onLine(line);
                if (text.Length < MostOutput) text.Append(line).Append('\n');
            }
            return text.ToString();
        }

        var buffer = new char[8192];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellation)) > 0)
        {
            if (text.Length < MostOutput) text.Append(buffer, 0, count);
        }
        return text.ToString();
    }
}
