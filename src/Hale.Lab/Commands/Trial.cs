using System.CommandLine;
using System.Text.Json;
using Hale.Operator;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Lab.Commands;

/// <summary>One run of <c>hale try</c>: a machine of its own, or the one that another run keeps.</summary>
/// <param name="context">What the verb is made with.</param>
/// <param name="parsed">The arguments.</param>
/// <param name="exit">Whether to end once everything is healthy.</param>
internal sealed class Trial(VerbContext context, ParseResult parsed, bool exit)
{
    private readonly bool json = parsed.GetValue(context.Options.Json);

    public async Task<int> RunAsync(string? named, CancellationToken cancellation)
    {
        LabRequirements.Check();
        var plan = context.Evaluate([Host(named)], inLab: true)[0];
        if (plan.StandIns.Count > 0)
            context.Surroundings.Error.WriteLine($"note: this trial makes up the values of {string.Join(", ", plan.StandIns)}; the real ones stay in their sops files.");
        if (!exit && TryRecord.Find(context.FleetFile, plan.Host.Name) is { } kept)
            return await AgainAsync(plan, kept, cancellation).ConfigureAwait(false);
        try
        {
            return await AnewAsync(plan, null, cancellation).ConfigureAwait(false);
        }
        catch (UserError error) when (error.WasDropped && !parsed.GetValue(context.Options.Locked))
        {
            // A mirror keeps what is current. To deploy something else than what was locked takes a person; to try it does not.
            context.Surroundings.Error.WriteLine($"warning: {error.Message}\n  The mirror has dropped what hale.lock pins. This trial takes today's versions; hale.lock stays as it is.\n  hint: {error.Hint}");
            return await AnewAsync(plan, FreshLock(plan), cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Deploys to the machine that another command keeps.</summary>
    private async Task<int> AgainAsync(HostPlan plan, TryRecord kept, CancellationToken cancellation)
    {
        var result = await DeployAsync(plan, kept, cancellation).ConfigureAwait(false);
        Tell(plan, result, kept.Ssh, kept.Ports, kept.Certificate);
        return result.ExitCode;
    }

    /// <summary>Boots a machine while the system is built, and deploys to it.</summary>
    private async Task<int> AnewAsync(HostPlan plan, string? lockFile, CancellationToken cancellation)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var workshop = Workshop.Open(context, parsed, [plan], lockFile);
        LabRun? run = null;
        try
        {
            DeploymentResult result;
            Machine machine;
            await using (workshop.ConfigureAwait(false))
            {
                var reporter = workshop.Reporter;
                var building = workshop.Builder.BuildAsync(plan, stopping.Token);
                var booting = reporter.RunAsync("boot a Debian machine", context.Surroundings.Time, async () =>
                {
                    var options = new LabOptions { Report = line => reporter.Report(new Said(line)), TearDownOnSignals = false };
                    run = await LabRun.StartAsync(options, stopping.Token).ConfigureAwait(false);
                    return (await run.BootAsync(plan.Host.Name, stopping.Token).ConfigureAwait(false), "");
                });
                machine = await BothAsync(booting, building, stopping).ConfigureAwait(false);
                result = await DeployAsync(plan, machine.Ssh, workshop, cancellation).ConfigureAwait(false);
            }
            if (exit)
            {
                new MachineResults(context, parsed).Tell(result, dryRun: false);
                return result.ExitCode;
            }

            var ports = LoopbackPorts.Open(machine, plan);
            var certificate = result.ExitCode == 0 ? await CertificateAsync(plan, machine, cancellation).ConfigureAwait(false) : null;
            Tell(plan, result, machine.Ssh, ports, certificate);
            TryRecord.Write(context.FleetFile, plan.Host.Name, machine.Ssh, ports, certificate, lockFile);
            if (!json)
                context.Surroundings.Out.WriteLine("Ctrl-C ends the machine.");
            await UntilInterruptedAsync(cancellation).ConfigureAwait(false);
            return result.ExitCode;
        }
        finally
        {
            TryRecord.Remove(context.FleetFile, plan.Host.Name);
            if (run is not null)
                await run.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<DeploymentResult> DeployAsync(HostPlan plan, TryRecord kept, CancellationToken cancellation)
    {
        var workshop = Workshop.Open(context, parsed, [plan], kept.LockFile);
        await using (workshop.ConfigureAwait(false))
            return await DeployAsync(plan, kept.Ssh, workshop, cancellation).ConfigureAwait(false);
    }

    private Task<DeploymentResult> DeployAsync(HostPlan plan, SshAccess ssh, Workshop workshop, CancellationToken cancellation) =>
        new Deployment(workshop.Store, workshop.Builder, workshop.Reporter, context.Surroundings.Time).RunAsync(
            plan,
            LabVerbs.TargetOf(ssh),
            new DeploymentOptions { Drift = DriftPolicy.Keep, Who = context.Surroundings.Who, RevisionFolder = context.FleetFolder },
            cancellation);

    /// <summary>The machine's certificate authority as a file of this computer, for a browser or curl to trust.</summary>
    private async Task<string?> CertificateAsync(HostPlan plan, Machine machine, CancellationToken cancellation)
    {
        if (plan.TrustRoots.Count == 0)
            return null;
        var folder = Path.Combine(context.Surroundings.CacheFolder, "lab", "authorities");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, plan.Host.Name + ".crt");
        var roots = new List<string>();
        foreach (var root in plan.TrustRoots)
        {
            await machine.WaitForFileAsync(root.Path, TimeSpan.FromSeconds(20), cancellation).ConfigureAwait(false);
            roots.Add(await machine.SucceedAsync($"cat {root.Path}", cancellation: cancellation).ConfigureAwait(false));
        }
        await File.WriteAllTextAsync(file, string.Concat(roots.Select(root => root.TrimEnd() + "\n")), cancellation).ConfigureAwait(false);
        return file;
    }

    private void Tell(HostPlan plan, DeploymentResult result, SshAccess ssh, IReadOnlyDictionary<int, int> ports, string? certificate)
    {
        var pages = plan.Reachable.Select(page => (page.Name, Address: LoopbackPorts.Address(page.Url, ports), page.Hint)).ToList();
        var output = context.Surroundings.Out;
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(
                new TryReady("ready", plan.Host.Name, [.. pages.Select(page => new TryPage(page.Name, page.Address, page.Hint))], ports, ssh.CommandLine, certificate),
                TryReadyJson.Default.TryReady));
            return;
        }
        new MachineResults(context, parsed).Tell(result, dryRun: false);
        output.WriteLine();
        foreach (var (name, address, hint) in pages)
        {
            output.WriteLine($"  {name,-14} {address}");
            if (hint.Length > 0)
                output.WriteLine($"  {"",-14} {hint}");
        }
        foreach (var (port, here) in ports)
            output.WriteLine($"  {"port " + port,-14} 127.0.0.1:{here}");
        if (certificate is not null)
            output.WriteLine($"  {"certificate",-14} {certificate}\n  {"",-14} the authority of this machine alone: trust it in the browser, or curl --cacert");
        output.WriteLine($"  {"shell",-14} {ssh.CommandLine}");
        output.WriteLine($"  {"verbs",-14} with --tried they ask this machine: hale status {plan.Host.Name} --tried; so do");
        output.WriteLine($"  {"",-14} invite, doctor, generations, rollback, verify, history and gc");
        output.WriteLine();
    }

    /// <summary>A lock for this trial alone, empty, so that everything is found anew.</summary>
    private string FreshLock(HostPlan plan)
    {
        var folder = Path.Combine(context.Surroundings.CacheFolder, "lab", "locks");
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, $"{plan.Host.Name}-{Environment.ProcessId}.lock");
        File.Delete(file);
        return file;
    }

    private string Host(string? named)
    {
        if (named is not null)
            return named;
        var known = context.HostNames.ToList();
        return known.Count == 1 ? known[0] : throw new UserError("Which host?", $"Name one: {string.Join(", ", known)}") { ExitCode = HaleCommand.Usage };
    }

    /// <summary>Waits for both; the first failure ends the other.</summary>
    private static async Task<Machine> BothAsync(Task<Machine> booting, Task building, CancellationTokenSource stopping)
    {
        try
        {
            await (await Task.WhenAny(booting, building).ConfigureAwait(false)).ConfigureAwait(false);
            await building.ConfigureAwait(false);
            return await booting.ConfigureAwait(false);
        }
        catch
        {
            await stopping.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(booting, building).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).ConfigureAwait(false);
            throw;
        }
    }

    private static async Task UntilInterruptedAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how a person ends it.
        }
    }
}
