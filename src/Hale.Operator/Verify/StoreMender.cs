using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Paths;
using Hale.Store.Text;
using Hale.Store.Transfer;

namespace Hale.Operator.Verify;

/// <summary>Sends store paths again that are damaged on a machine: from this computer's store, or built anew for it.</summary>
/// <param name="ssh">The connection.</param>
/// <param name="activator">The activator that receives.</param>
/// <param name="workshop">The store, and what builds into it.</param>
/// <param name="plan">What the host is declared as.</param>
/// <param name="time">The clock.</param>
internal sealed class StoreMender(SshConnection ssh, RemoteActivator activator, Workshop workshop, HostPlan plan, TimeProvider time)
{
    private readonly string host = plan.Host.Name;

    /// <summary>Sends what can be had. What cannot is told: the machine runs what this computer neither has nor builds any more.</summary>
    /// <returns>The paths that came anew.</returns>
    public async Task<IReadOnlyList<StorePath>> SendAsync(IReadOnlyList<StorePath> damaged, CancellationToken cancellation)
    {
        var had = await ObtainAsync(damaged, cancellation).ConfigureAwait(false);
        if (had.Count == 0)
            return [];
        var wanted = had.ToHashSet();
        var paths = workshop.Store.Closure(had).Where(info => wanted.Contains(info.Path)).ToList();
        await workshop.Reporter.RunAsync(Work(paths.Count), time, async () =>
        {
            var events = await activator.RunAsync(
                ["receive", "--replace"],
                (stream, stop) => Task.Run(
                    () => TransferWriter.Write(
                        workshop.Store, paths, stream,
                        progress => workshop.Reporter.Report(new WorkAdvanced(Work(paths.Count), progress.Bytes, progress.ByteCount)), stop), stop),
                SilentReporter.Instance, cancellation).ConfigureAwait(false);
            events.Require(Outcome.Done, Outcome.Nothing);
            return (0, ByteSize.Text(paths.Sum(path => path.NarSize)));
        }).ConfigureAwait(false);
        return [.. paths.Select(path => path.Path)];
    }

    /// <summary>Sends the activator and the runtime of the machine's system in the way of a first deployment: they may be what is damaged.</summary>
    /// <param name="system">The machine's system.</param>
    /// <param name="itself">Whether it goes along: what it has no manifest or no activator for may be its own damage.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="UserError">This computer does not have them any more.</exception>
    public async Task ReviveAsync(string system, bool itself, CancellationToken cancellation)
    {
        var own = itself && StorePath.TryParse(system, out var place) ? await ObtainAsync([place], cancellation).ConfigureAwait(false) : [];
        string[] names = ["activator", "runtime"];
        // Where the system is damaged, its links are read from the one that is here.
        var links = own.Count > 0 ? names.Select(name => new FileInfo(Path.Combine(workshop.Store.Real(own[0]), name)).LinkTarget ?? "")
            : (await ssh.RunAsync($"readlink -f {string.Join(' ', names.Select(name => SshConnection.Quote($"{system}/{name}")))}", "", cancellation).ConfigureAwait(false))
                .Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var roots = links.Select(line => StorePath.TryParse(line, out var path) ? path : null).OfType<StorePath>().ToList();
        if (roots.Count < 2 || (await ObtainAsync(roots, cancellation).ConfigureAwait(false)).Count < 2)
            throw new UserError(
                $"The activator on {host} does not run, and this computer does not have the one that the machine's system came with.",
                $"Deploy from the computer that has it, or move on: hale deploy {host}")
            { ExitCode = Outcome.Failed.ExitCode() };
        IReadOnlyList<PathInfo> paths = [.. workshop.Store.Closure(roots), .. own.Select(path => workshop.Store.Find(path)!)];
        var work = $"copy the activator to {host}";
        await workshop.Reporter.RunAsync(work, time, async () =>
        {
            await Bootstrap.SendAsync(
                ssh, workshop.Store, paths, done => workshop.Reporter.Report(new WorkAdvanced(work, done, paths.Sum(path => path.NarSize))), cancellation)
                .ConfigureAwait(false);
            return (0, "");
        }).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<StorePath>> ObtainAsync(IReadOnlyList<StorePath> paths, CancellationToken cancellation)
    {
        var store = workshop.Store;
        foreach (var path in paths.Where(path => store.Find(path) is not null && !store.Verify(path)))
            store.Remove(path);
        if (paths.Any(path => store.Find(path) is null))
            await workshop.Builder.BuildAsync(plan, cancellation).ConfigureAwait(false);
        foreach (var lost in paths.Where(path => store.Find(path) is null))
            workshop.Reporter.Report(new Warned(
                $"{host}: {lost} cannot be sent again: this computer does not have it, and what is declared now builds another.",
                $"The machine gets what is declared now, whole: hale deploy {host}"));
        return [.. paths.Where(path => store.Find(path) is not null)];
    }

    private string Work(int paths) => $"copy {(paths == 1 ? "1 path" : $"{paths} paths")} to {host}";
}
