using System.CommandLine;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Operator.Doctor;
using Hale.Operator.Report;
using Hale.Produce;
using Hale.Store;
using SrvRecords;

namespace Hale.Operator;

/// <summary><c>hale doctor</c>: does a host work for people and servers elsewhere?</summary>
internal static class DoctorVerb
{
    /// <summary>Something is wrong for somebody outside.</summary>
    public const int Unwell = 9;

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to look at.");
        var all = CommonOptions.All();
        var resolve = new Option<string[]>("--resolve")
        {
            Description = "Take a name's address from here instead of DNS: NAME=ADDRESS[:PORT], the port being that of HTTPS; * is every name. Repeatable.",
            HelpName = "NAME=ADDRESS",
            DefaultValueFactory = _ => [],
        };
        var authority = new Option<string?>("--ca") { Description = "Trust the certificate authority in this PEM file, as a host of the lab has one.", HelpName = "FILE" };
        var dns = new Option<string?>("--dns") { Description = "Look SRV records up at this name server instead of this computer's: ADDRESS[:PORT].", HelpName = "ADDRESS" };
        dns.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !IPEndPoint.TryParse(token.Value, out _))
                result.AddError($"\"{token.Value}\" is not an address, such as 9.9.9.9 or 127.0.0.1:5353.");
        });
        var outsideOnly = new Option<bool>("--outside") { Description = "Look from outside alone, without ssh." };
        var timeout = new Option<int>("--timeout") { Description = "Seconds that all of it may take for a host, 1 to 600.", HelpName = "SECONDS", DefaultValueFactory = _ => 30 };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, out var seconds) && seconds is >= 1 and <= 600))
                result.AddError($"\"{token.Value}\" is not a number of seconds from 1 to 600.");
        });
        var verb = new Verb("doctor", "Look at a host from outside, as its users and other servers do, and say what to do about what is wrong.")
        {
            Examples =
            [
                ("hale doctor ohana", "names, certificates, well-knowns, APIs, what must be closed, calls, clock, disk; exit code 9 where something is wrong"),
                ("hale doctor ohana --outside --json", "without ssh, as one JSON document"),
                ("hale doctor ohana --tried", "the machine that hale try keeps in another terminal"),
            ],
        };
        foreach (var option in new Option[] { all, resolve, authority, dns, outsideOnly, timeout, context.Options.Tried })
            verb.Add(option);
        verb.Add(hosts);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var chosen = context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all));
            var plans = context.EvaluateAlone(chosen, inLab: parsed.GetValue(context.Options.Tried)).Where(plan => chosen.Contains(plan.Host.Name)).ToList();
            IReadOnlyList<HostDiagnoses> found;
            var reporter = Reporters.For(context, parsed);
            await using (reporter.ConfigureAwait(false))
            {
                found = await Task.WhenAll(plans.Select(plan => LookAsync(plan, reporter))).ConfigureAwait(false);
            }
            Tell(found, context, parsed);
            return found.All(host => host.Well) ? 0 : Unwell;

            async Task<HostDiagnoses> LookAsync(HostPlan plan, IReporter reporter)
            {
                var tried = Tried.MachineOf(context, parsed, plan.Host.Name);
                using var outside = new Outside(
                    Resolved.Parse(tried is null ? parsed.GetValue(resolve) ?? [] : [$"*=127.0.0.1:{tried.HttpsPort}"]),
                    Authorities(tried is null ? parsed.GetValue(authority) : tried.Authority, context.Surroundings.WorkingDirectory),
                    NameServer(parsed.GetValue(dns)), context.Surroundings.Time);
                var examination = new Examination(outside, reporter, context.Surroundings.Time, TimeSpan.FromSeconds(parsed.GetValue(timeout)));
                var machine = parsed.GetValue(outsideOnly) ? null : tried?.Target ?? Machine(context, plan);
                return await examination.OfAsync(plan, machine, cancellation).ConfigureAwait(false);
            }
        });
        return verb;
    }

    private static SrvResolver NameServer(string? said)
    {
        if (said is null)
            return SrvResolver.OfThisComputer();
        var at = IPEndPoint.Parse(said);
        return new SrvResolver([at.Port == 0 ? new IPEndPoint(at.Address, 53) : at]);
    }

    private static SshTarget? Machine(VerbContext context, HostPlan plan) => plan.Host.Address is null ? null : context.TargetOf(plan.Host);

    private static X509Certificate2Collection Authorities(string? file, string folder)
    {
        var authorities = new X509Certificate2Collection();
        if (file is null)
            return authorities;
        try
        {
            authorities.ImportFromPemFile(Path.GetFullPath(file, folder));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserError($"--ca {file} cannot be read: {error.Message}", "Name a PEM file of the authority's certificate.", error) { ExitCode = HaleCommand.Usage };
        }
        return authorities.Count > 0
            ? authorities
            : throw new UserError($"--ca {file} holds no certificate.", "Name a PEM file of the authority's certificate.") { ExitCode = HaleCommand.Usage };
    }

    private static void Tell(IReadOnlyList<HostDiagnoses> found, VerbContext context, ParseResult parsed)
    {
        var (output, ink) = (context.Surroundings.Out, new Ink(context.Surroundings.Color));
        if (parsed.GetValue(context.Options.Json))
        {
            output.WriteLine(JsonSerializer.Serialize(new DoctorResult(found), new DoctorJson(ResultJson.Document()).DoctorResult));
            return;
        }
        foreach (var host in found)
            foreach (var line in Lines(host, ink, parsed.GetValue(context.Options.Quiet)))
                output.WriteLine(line);
    }

    private static IEnumerable<string> Lines(HostDiagnoses host, Ink ink, bool quiet)
    {
        var wrong = host.Findings.Count(finding => finding.Verdict == Verdict.Wrong);
        if (!quiet || wrong > 0)
            yield return $"{ink.Bold(host.Host)}: {(wrong == 0 ? "well" : $"{wrong} of {host.Findings.Count} wrong")}";
        foreach (var finding in host.Findings.Where(finding => !quiet || finding.Verdict == Verdict.Wrong))
        {
            var mark = finding.Verdict switch
            {
                Verdict.Well => ink.Green("✓"),
                Verdict.Doubtful => ink.Yellow("!"),
                Verdict.Unseen => ink.Faint("?"),
                _ => ink.Red("✗"),
            };
            yield return $"  {mark} {finding.What}: {finding.Seen}";
            if (finding.Hint.Length > 0)
                yield return $"    {ink.Cyan("hint:")} {finding.Hint}";
        }
        if (!quiet && host.Findings.Count == 0)
            yield return "  nothing of it is meant for anybody outside";
    }
}
