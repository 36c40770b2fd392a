using Hale.Contribute;
using Hale.Operator.Deploy;
using Hale.Operator.Report;
using Hale.Produce;

namespace Hale.Operator.Doctor;

/// <summary>Looks at everything that a host's modules want to be so for people elsewhere; all at once, and bounded in time.</summary>
/// <param name="outside">The way there.</param>
/// <param name="reporter">Who hears of the work.</param>
/// <param name="time">The clock.</param>
/// <param name="limit">How long all of it may take.</param>
internal sealed class Examination(Outside outside, IReporter reporter, TimeProvider time, TimeSpan limit)
{
    /// <summary>Examines a host.</summary>
    /// <param name="plan">What is declared.</param>
    /// <param name="machine">Where ssh reaches it; null looks from outside alone.</param>
    /// <param name="cancellation">Ends it.</param>
    public Task<HostDiagnoses> OfAsync(HostPlan plan, SshTarget? machine, CancellationToken cancellation) =>
        reporter.RunAsync($"look at {plan.Host.Name} from outside", time, async () =>
        {
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            bounded.CancelAfter(limit);
            var looks = plan.Outside.Select(check => (Name: Name(check), Look: LookAsync(check, plan, bounded.Token))).ToList();
            if (machine is not null)
                looks.Add(("the machine by ssh", new MachineDoctor(machine, time).LookAsync(bounded.Token)));
            var findings = new List<Diagnosis>();
            foreach (var (name, look) in looks)
                try
                {
                    findings.AddRange(await look.ConfigureAwait(false));
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    findings.Add(Diagnosis.Wrong(
                        name, $"no end within {limit.TotalSeconds:0} s", "A firewall that swallows what it does not let through looks like this; --timeout waits longer."));
                }
            var wrong = findings.Count(finding => finding.Verdict == Verdict.Wrong);
            return (new HostDiagnoses(plan.Host.Name, wrong == 0, findings), wrong == 0 ? "" : $"{wrong} wrong");
        });

    private Task<IReadOnlyList<Diagnosis>> LookAsync(OutsideCheck check, HostPlan plan, CancellationToken cancellation) => check switch
    {
        SiteOutside site => new SiteDoctor(outside, SshName(plan)).LookAsync(site, cancellation),
        UrlOutside url => new WebDoctor(outside).LookAsync(url, cancellation),
        MatrixClientOutside client => new MatrixDoctor(outside).LookAsync(client, cancellation),
        MatrixFederationOutside federation => new MatrixDoctor(outside).LookAsync(federation, cancellation),
        CallsOutside calls => new CallsDoctor(outside).LookAsync(calls, cancellation),
        _ => throw new NotSupportedException($"The doctor does not know how to look at a {check.GetType().Name}."),
    };

    private static string Name(OutsideCheck check) => check switch
    {
        SiteOutside site => $"site {site.Name}",
        UrlOutside url => url.Label,
        MatrixClientOutside client => $"{client.ServerName} for its clients",
        MatrixFederationOutside federation => $"{federation.ServerName} for other homeservers",
        CallsOutside calls => $"calls at {calls.Name}",
        _ => check.GetType().Name,
    };

    private static string SshName(HostPlan plan) => plan.Host.Address?.Split('@')[^1] ?? "";
}
