using System.Runtime.CompilerServices;
using Hale.Declare;

namespace Hale.Operator.Tests;

/// <summary>A command run through the front door, and what came of it.</summary>
internal sealed record CommandRun(int Exit, string Out, string Error)
{
    public static async Task<CommandRun> OfAsync(
        Fleet fleet, string[] args, string? cache = null, string? fleetFile = null, [CallerFilePath] string caller = "")
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var surroundings = new Surroundings
        {
            Out = output,
            Error = error,
            WorkingDirectory = Path.GetDirectoryName(fleetFile ?? caller)!,
            CacheFolder = cache ?? Path.Combine(Path.GetTempPath(), "hale-test-no-cache"),
            SourceFolder = Surroundings.FindSource(AppContext.BaseDirectory),
            Who = "tester@here",
        };
        var exit = await HaleCommand.RunAsync(args, fleet, fleetFile ?? caller, surroundings, CancellationToken.None);
        return new CommandRun(exit, output.ToString(), error.ToString());
    }

    /// <summary>All of it, for a golden.</summary>
    public override string ToString() => $"exit {Exit}\n--- out\n{Out}--- error\n{Error}";
}
