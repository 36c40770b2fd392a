using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Local;

namespace Hale.Operator.Deploy;

/// <summary>
/// The plan for a machine that has no activator yet: a plan is a pure function of two manifests, so the activator makes it on this
/// computer, against an empty folder in place of the machine.
/// </summary>
internal static class LocalPlanner
{
    /// <summary>The events of the activator's verb <c>plan</c>.</summary>
    public static async Task<IReadOnlyList<ActivationEvent>> RunAsync(
        BuiltSystem system, LocalStore store, byte[] manifest, IReporter reporter, CancellationToken cancellation)
    {
        var empty = Directory.CreateTempSubdirectory("hale-plan-");
        try
        {
            var program = Directory.EnumerateFiles(Path.Combine(store.Real(system.Activator), "lib"), "hale-activator.dll").Single();
            // This computer's own runtime: the machine's may be of another architecture.
            var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));
            using var process = Process.Start(
                new ProcessStartInfo(dotnet, ["exec", program, "plan", "--manifest", "-", "--root", empty.FullName])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                })!;
            var error = process.StandardError.ReadToEndAsync(cancellation);
            await process.StandardInput.BaseStream.WriteAsync(manifest, cancellation).ConfigureAwait(false);
            process.StandardInput.Close();
            var events = new List<ActivationEvent>();
            while (await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            {
                var happened = JsonSerializer.Deserialize(line, EventJson.Default.ActivationEvent)!;
                // What an empty folder lacks of a machine is no news.
                if (happened is not WarningEvent)
                {
                    events.Add(happened);
                    reporter.Report(new FromMachine(system.Plan.Host.Name, happened));
                }
            }
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return events.Count > 0 ? events
                : throw new UserError(
                    $"The activator made no plan: {(await error.ConfigureAwait(false)).Trim()}", "This is a defect of Hale.");
        }
        finally
        {
            empty.Delete(recursive: true);
        }
    }
}
