using System.Diagnostics;
using System.Text.Json.Nodes;

/// <summary>
/// One <c>hale try --json</c>, from the command to the machine's end. Its events are timed as they come.
/// </summary>
internal sealed class Trial : IAsyncDisposable
{
    private readonly Process process;
    private readonly Task<string> errors;

    private Trial(Process process) => (this.process, errors) = (process, process.StandardError.ReadToEndAsync());

    /// <summary>Seconds from the command until the machine was healthy.</summary>
    public double Healthy { get; private set; }

    /// <summary>Seconds that the machine took to boot.</summary>
    public double Boot { get; private set; }

    /// <summary>Seconds from the moment that both the machine and the system were there until it was healthy.</summary>
    public double Deployment { get; private set; }

    /// <summary>The command's last line: ports, pages, certificate, and how ssh gets in.</summary>
    public JsonNode Ready { get; private set; } = JsonValue.Create(false);

    /// <summary>Starts it and waits until the machine is healthy.</summary>
    public static async Task<Trial> StartAsync(string hale, string fleet, IReadOnlyDictionary<string, string>? environment = null, string host = "ohana")
    {
        var start = new ProcessStartInfo(hale, ["try", host, "--json", "--fleet", fleet]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var trial = new Trial(Process.Start(start)!);
        try
        {
            await trial.UntilReadyAsync();
            return trial;
        }
        catch
        {
            await trial.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the machine as a person does: Ctrl-C.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            using (var interrupt = Process.Start("kill", ["-INT", $"{process.Id}"]))
                await interrupt.WaitForExitAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private async Task UntilReadyAsync()
    {
        var watch = Stopwatch.StartNew();
        var both = 0.0;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var happened = JsonNode.Parse(line)!;
            switch ((string?)happened["event"])
            {
                case "ended" when ((string)happened["work"]!).StartsWith("boot", StringComparison.Ordinal):
                    (Boot, both) = ((double)happened["seconds"]!, watch.Elapsed.TotalSeconds);
                    break;
                case "ended" when ((string)happened["work"]!).StartsWith("build", StringComparison.Ordinal):
                    both = watch.Elapsed.TotalSeconds;
                    break;
                case "result":
                    (Healthy, Deployment) = (watch.Elapsed.TotalSeconds, watch.Elapsed.TotalSeconds - both);
                    if ((string?)happened["outcome"] != "done")
                        throw new InvalidOperationException(line);
                    break;
                case "ready":
                    Ready = happened;
                    return;
            }
        }
        throw new InvalidOperationException($"hale try ended before it was ready: {await errors}");
    }
}
