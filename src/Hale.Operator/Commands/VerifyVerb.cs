using System.CommandLine;
using Hale.Operator.Verify;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale verify</c>: is a machine what was deployed to it?</summary>
internal static class VerifyVerb
{
    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to verify.");
        var all = CommonOptions.All();
        var store = new Option<bool>("--store") { Description = "Hash all contents of the store too; otherwise what was written to is seen by its times." };
        var repair = new Option<string?>("--repair")
        {
            Description = "Put everything back: overwrite discards what was written by hand, keep moves it to /var/lib/hale/aside on the machine first.",
            HelpName = "overwrite|keep",
        };
        repair.AcceptOnlyFromAmong("overwrite", "keep");
        var verb = new Verb("verify", "Say what was changed on a machine by hand since the deployment, and put it back.")
        {
            WritesJsonLines = true,
            Examples =
            [
                ("hale verify ohana", "edited files and units, masked or stopped units, modes, users, the store; exit code 8 where anything differs"),
                ("hale verify ohana --repair keep", "put it all back, and keep what was written by hand"),
                ("hale verify --all --store --json", "hash the stores of all machines; one JSON object a line"),
            ],
        };
        verb.Add(hosts);
        verb.Add(all);
        verb.Add(store);
        verb.Add(repair);
        verb.Add(context.Options.Tried);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var chosen = context.HostsOf(context.Chosen(parsed.GetValue(hosts) ?? [], parsed.GetValue(all)));
            var verification = new Verification(context, parsed, parsed.GetValue(store));
            RepairWay? way = parsed.GetValue(repair) switch { "keep" => RepairWay.Keep, "overwrite" => RepairWay.Overwrite, _ => null };
            var worst = 0;
            foreach (var host in chosen)
                try
                {
                    worst = DeployVerb.Worse(worst, await verification.RunAsync(host, way, cancellation).ConfigureAwait(false));
                }
                catch (UserError error)
                {
                    new MachineResults(context, parsed).Tell(host.Name, error);
                    worst = DeployVerb.Worse(worst, error.ExitCode);
                }
            return worst;
        });
        return verb;
    }
}
