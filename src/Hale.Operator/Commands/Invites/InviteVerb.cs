using System.CommandLine;
using Hale.Operator.Diagnose;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale invite</c>: who may make an account on a machine's service; below it what makes, shows and revokes invites.</summary>
internal static class InviteVerb
{
    public const string Name = "invite";

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "The host whose service keeps the invites.");
        var verb = new Verb(Name, "Make, list and revoke invites: links with which people make their accounts.")
        {
            Examples =
            [
                ("hale invite ohana create --label Nana", "for one person, for seven days; prints the link once"),
                ("hale invite ohana create --uses 10 --expires 2w --qr", "for a group, with a QR code to show around"),
                ("hale invite ohana list", "all of them, and how often they were used"),
                ("hale invite ohana show k3f9ra", "who came with it, and when"),
                ("hale invite ohana revoke k3f9ra", "it counts no more from now on"),
            ],
        };
        verb.Add(hosts);
        verb.Add(context.Options.Tried);
        verb.Add(CreateInviteVerb.Create(context, hosts));
        verb.Add(List(context, hosts));
        verb.Add(Show(context, hosts));
        verb.Add(Revoke(context, hosts));
        verb.SetAction((parsed, cancellation) => ListAsync(context, parsed, hosts, cancellation));
        return verb;
    }

    /// <summary>The invite that a verb is about.</summary>
    private static Argument<string> Id() => new("ID") { Description = "The invite's id, from hale invite HOST list.", HelpName = "ID" };

    private static Verb List(VerbContext context, Argument<string[]> hosts)
    {
        var verb = new Verb("list", "List the invites, the newest first.") { Examples = [("hale invite ohana list --json", "for a program")] };
        verb.SetAction((parsed, cancellation) => ListAsync(context, parsed, hosts, cancellation));
        return verb;
    }

    private static async Task<int> ListAsync(VerbContext context, ParseResult parsed, Argument<string[]> hosts, CancellationToken cancellation)
    {
        var (_, answer) = await InviteMachine.AskAsync(context, parsed, hosts, new InviteQuestion { Verb = "list" }, cancellation).ConfigureAwait(false);
        var invites = answer.Invites ?? [];
        if (parsed.GetValue(context.Options.Json))
            InviteJson.Write(context, json => json.InviteList, new InviteList(invites));
        else if (invites.Count == 0)
            context.Surroundings.Out.WriteLine("There are no invites.");
        else
            foreach (var line in InviteText.Table(invites, new Ink(context.Surroundings.Color)))
                context.Surroundings.Out.WriteLine(line);
        return 0;
    }

    private static Verb Show(VerbContext context, Argument<string[]> hosts)
    {
        var id = Id();
        var verb = new Verb("show", "Show an invite and the accounts that were made with it. Its code is kept nowhere and cannot be shown.")
        {
            Examples = [("hale invite ohana show k3f9ra", "who came with it, and when")],
        };
        verb.Add(id);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var (_, answer) = await InviteMachine.AskAsync(
                context, parsed, hosts, new InviteQuestion { Verb = "show", Id = parsed.GetRequiredValue(id) }, cancellation).ConfigureAwait(false);
            var shown = new ShownInvite(answer.Invite!, answer.Uses ?? []);
            if (parsed.GetValue(context.Options.Json))
                InviteJson.Write(context, json => json.ShownInvite, shown);
            else
                foreach (var line in InviteText.Details(shown))
                    context.Surroundings.Out.WriteLine(line);
            return 0;
        });
        return verb;
    }

    private static Verb Revoke(VerbContext context, Argument<string[]> hosts)
    {
        var id = Id();
        var verb = new Verb("revoke", "Take an invite back. Accounts that were made with it stay.")
        {
            Examples = [("hale invite ohana revoke k3f9ra", "it counts no more from now on"),
                ("hale invite ohana revoke shared", "the code that the fleet declares, until it is another")],
        };
        verb.Add(id);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var (host, answer) = await InviteMachine.AskAsync(
                context, parsed, hosts, new InviteQuestion { Verb = "revoke", Id = parsed.GetRequiredValue(id) }, cancellation).ConfigureAwait(false);
            var revoked = new RevokedInvite(answer.Invite!, answer.Changed);
            if (parsed.GetValue(context.Options.Json))
                InviteJson.Write(context, json => json.RevokedInvite, revoked);
            else if (!parsed.GetValue(context.Options.Quiet))
                context.Surroundings.Out.WriteLine($"{host}: invite {revoked.Invite.Id} {(revoked.Changed ? "counts no more" : "was revoked already")}");
            return 0;
        });
        return verb;
    }
}
