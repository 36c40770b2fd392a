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
/// The plan for a machine whose activator cannot make it, because there is none yet or an older one: a plan is a pure function of two
/// manifests, so the new activator makes it on this computer, against a folder that has nothing of the machine but its manifest.
/// </summary>
internal static class LocalPlanner
{
    /// <summary>The events of the activator's verb <c>plan</c>.</summary>
    /// <param name="system">The new system.</param>
    /// <param name="store">The store of this computer.</param>
    /// <param name="manifest">The new system's manifest.</param>
    /// <param name="running">The system that the machine runs, and its manifest; null where there is none.</param>
    /// <param name="reporter">Who hears the events.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<IReadOnlyList<ActivationEvent>> RunAsync(
        BuiltSystem system, LocalStore store, byte[] manifest, (string System, string Manifest)? running, IReporter reporter, CancellationToken cancellation)
    {
        var empty = Directory.CreateTempSubdirectory("hale-plan-");
        try
        {
            if (running is { } old)
            {
                Directory.CreateDirectory(Path.Combine(empty.FullName, "run/hale"));
                File.CreateSymbolicLink(Path.Combine(empty.FullName, "run/hale/system"), old.System);
                Directory.CreateDirectory(empty.FullName + old.System);
                await File.WriteAllTextAsync($"{empty.FullName}{old.System}/manifest.json", old.Manifest, cancellation).ConfigureAwait(false);
            }
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
                // What such a folder lacks of a machine is no news.
                if (happened is not (WarningEvent or FindingEvent))
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
