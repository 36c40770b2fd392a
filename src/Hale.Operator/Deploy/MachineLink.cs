using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Nar;
using Hale.Store.Paths;
using Hale.Store.Text;
using Hale.Store.Transfer;

namespace Hale.Operator.Deploy;

/// <summary>A machine that we are connected to: what it is, and how what it lacks gets there.</summary>
/// <param name="ssh">The connection.</param>
/// <param name="host">The host's name.</param>
/// <param name="reporter">Who hears of the work.</param>
/// <param name="time">The clock.</param>
internal sealed class MachineLink(SshConnection ssh, string host, IReporter reporter, TimeProvider time)
{
    /// <summary>What must stay free on a machine, in bytes: a disk that is full to the last block serves nobody.</summary>
    private const long Reserve = 64L << 20;

    /// <summary>How many more files and folders must stay possible.</summary>
    private const int ReservedNames = 1000;

    private const string MakeRoom = "Make room there, or give /nix a larger disk.";

    /// <summary>What the machine is; refused where Hale cannot deploy to it.</summary>
    /// <exception cref="UserError">It cannot be reached (5), or is not what was declared (1).</exception>
    public async Task<MachineFacts> LookAsync(HostPlan plan, CancellationToken cancellation)
    {
        var facts = await AskAsync(Scripts.Drift + Scripts.Preflight, [], cancellation).ConfigureAwait(false);
        facts.Require(ssh.Name, plan.Host.Platform);
        return facts;
    }

    /// <summary>The same without what the declaration says of it.</summary>
    public Task<MachineFacts> AskAsync(IEnumerable<StorePath> paths, CancellationToken cancellation) => AskAsync(Scripts.Preflight, paths, cancellation);

    private async Task<MachineFacts> AskAsync(string script, IEnumerable<StorePath> paths, CancellationToken cancellation)
    {
        var asked = string.Concat(paths.Select(path => " " + SshConnection.Quote(path.ToString())));
        var result = await ssh.RunAsync($"sh -s --{asked}", script, cancellation).ConfigureAwait(false);
        return MachineFacts.Read(result.Output) ?? throw new UserError(
            $"{ssh.Name} answers, but not as a machine does: {Short(result.Output + result.Error)}",
            "Its login shell must run commands without printing anything of its own.")
        { ExitCode = 5 };
    }

    /// <summary>Those of a system's store paths that are not there; asked of any machine, for it need not have anything of Hale.</summary>
    public async Task<IReadOnlyList<PathInfo>> MissingAsync(IReadOnlyList<PathInfo> closure, CancellationToken cancellation)
    {
        var script = "while read -r path; do [ -e \"$path\" ] && [ -e \"/var/lib/hale/info/${path##*/}.json\" ] || echo \"$path\"; done <<'END'\n"
            + string.Concat(closure.Select(path => $"{path.Path}\n")) + "END\n";
        var missing = (await ssh.RunAsync("sh", script, cancellation).ConfigureAwait(false)).Output.Split('\n').ToHashSet(StringComparer.Ordinal);
        return [.. closure.Where(path => missing.Contains(path.Path.ToString()))];
    }

    /// <summary>Copies what is missing there; afterwards the new system's own activator can run.</summary>
    /// <returns>The activator, and how many bytes went over.</returns>
    public async Task<(RemoteActivator Activator, long Sent)> CopyAsync(
        BuiltSystem system, MachineFacts facts, LocalStore store, CancellationToken cancellation)
    {
        StorePath[] first = [system.Runtime, system.Activator];
        var own = new RemoteActivator(ssh, host, system.Activator.ToString(), system.Runtime.ToString());
        var has = (await AskAsync(first, cancellation).ConfigureAwait(false)).Has;
        var lacksOwn = first.Where(path => !has.Contains(path.ToString())).ToList();
        var helper = lacksOwn.Count == 0 ? own : facts.Whole is { } whole ? RemoteActivator.OfSystem(ssh, host, whole) : own;
        long sent = 0;
        if (lacksOwn.Count > 0 && helper == own)
        {
            await RequireSpaceAsync(system.Closure, facts, store, cancellation).ConfigureAwait(false);
            var paths = store.Closure(lacksOwn).Where(path => !has.Contains(path.Path.ToString())).ToList();
            sent += await ReportedAsync($"copy the activator to {host}", paths.Sum(path => path.NarSize), advanced =>
                Bootstrap.SendAsync(ssh, store, paths, advanced, cancellation)).ConfigureAwait(false);
        }

        var closure = system.Closure;
        var asked = string.Concat(closure.Select(path => $"{path.Path}\n"));
        var missing = (await helper.LinesAsync(["missing"], asked, cancellation).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        var toSend = closure.Where(path => missing.Contains(path.Path.ToString())).ToList();
        if (toSend.Count == 0)
            return (own, sent);
        await RequireSpaceAsync(toSend, facts, store, cancellation).ConfigureAwait(false);
        sent += await ReportedAsync($"copy {Count(toSend.Count)} to {host}", 0, async advanced =>
        {
            var events = await helper.RunAsync(
                ["receive"],
                (stream, stop) =>
                    Task.Run(
                        () => TransferWriter.Write(store, toSend, stream, progress => advanced(progress.Bytes, progress.ByteCount), stop),
                        stop),
                // Each path that arrives is no news: bytes are told as they go.
                SilentReporter.Instance, cancellation).ConfigureAwait(false);
            events.Require(Outcome.Done, Outcome.Nothing);
        }).ConfigureAwait(false);
        return (own, sent);
    }

    private async Task<long> ReportedAsync(string work, long total, Func<Action<long, long>, Task> send)
    {
        var sent = 0L;
        return await reporter.RunAsync(work, time, async () =>
        {
            await send((done, all) =>
            {
                sent = done;
                reporter.Report(new WorkAdvanced(work, done, all == 0 ? total : all));
            }).ConfigureAwait(false);
            return (sent, ByteSize.Text(sent));
        }).ConfigureAwait(false);
    }

    private Task<long> ReportedAsync(string work, long total, Func<Action<long>, Task> send) =>
        ReportedAsync(work, total, advanced => send(done => advanced(done, total)));

    private async Task RequireSpaceAsync(IReadOnlyList<PathInfo> paths, MachineFacts facts, LocalStore store, CancellationToken cancellation)
    {
        if (facts.FreeNames is { } left && paths.Sum(path => Trees.Count(store.Real(path.Path))) + ReservedNames is var names && names > left)
            throw new UserError(
                $"{ssh.Name} can take {left} more files and folders where /nix is, and {names} are needed. Nothing was copied.",
                $"hale gc {host} deletes what no generation needs; df -i there shows what is full. {MakeRoom}");
        var needed = paths.Sum(path => path.NarSize) + Reserve;
        if (facts.Free is not { } free || free >= needed)
            return;
        throw new UserError(
            $"{ssh.Name} has {ByteSize.Text(free)} free where /nix is, and {ByteSize.Text(needed)} are needed. Nothing was copied.",
            facts.Whole is { } whole ? await RoomAsync(whole, needed - free, cancellation).ConfigureAwait(false) : MakeRoom);
    }

    /// <summary>How to make room: by a collection, as sparing as will do, if one would.</summary>
    private async Task<string> RoomAsync(string whole, long lacking, CancellationToken cancellation)
    {
        var usual = await GarbageAsync(whole, [], cancellation).ConfigureAwait(false);
        if (usual >= lacking)
            return $"hale gc {host} frees {ByteSize.Text(usual)}.";
        var most = await GarbageAsync(whole, ["--keep", "0"], cancellation).ConfigureAwait(false);
        return most == 0 ? MakeRoom
            : $"hale gc {host} frees {ByteSize.Text(usual)}, and {ByteSize.Text(most)} with --keep 0{(most >= lacking ? "" : ", which is not enough. " + MakeRoom.TrimEnd('.'))}.";
    }

    /// <summary>How many bytes a collection would free; 0 where the machine cannot tell.</summary>
    private async Task<long> GarbageAsync(string whole, string[] options, CancellationToken cancellation)
    {
        try
        {
            var events = await RemoteActivator.OfSystem(ssh, host, whole)
                .RunAsync(["gc", "--dry-run", .. options], null, SilentReporter.Instance, cancellation).ConfigureAwait(false);
            return events.OfType<GarbageEvent>().LastOrDefault()?.Bytes ?? 0;
        }
        catch (UserError)
        {
            // An activator of before there was a collection; that the disk is full is what counts.
            return 0;
        }
    }

    private static string Count(int paths) => paths == 1 ? "1 path" : $"{paths} paths";

    private static string Short(string text) => text.Trim() is { Length: > 0 } said ? said[..Math.Min(said.Length, 200)]
        : "it said nothing";
}
