using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Hale.Operator.Diagnose;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale invite HOST create</c>: makes an invite and shows its link, this once.</summary>
internal static partial class CreateInviteVerb
{
    private const string UsualSpan = "7d";

    public static Verb Create(VerbContext context, Argument<string[]> hosts)
    {
        var label = new Option<string?>("--label") { Description = "Whom or what it is for.", HelpName = "TEXT" };
        var uses = new Option<int?>("--uses") { Description = "How many accounts may be made with it; 1 where not said.", HelpName = "N" };
        uses.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0))
                result.AddError($"\"{token.Value}\" is not a number of accounts.");
        });
        var expires = new Option<string?>("--expires")
        { Description = $"When it ends: 30m, 12h, 7d, 2w or never; {UsualSpan} where not said.", HelpName = "SPAN" };
        expires.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !Span().IsMatch(token.Value))
                result.AddError($"\"{token.Value}\" is no span of time: write 30m, 12h, 7d, 2w or never.");
        });
        var user = new Option<string?>("--user") { Description = "The one user name that it is for, without @ and server.", HelpName = "NAME" };
        var rooms = new Option<string[]>("--room")
        {
            Description = "A room that the account joins: #alias:server or !id. Repeatable.",
            HelpName = "ROOM",
            DefaultValueFactory = _ => [],
        };
        var qr = new Option<bool>("--qr") { Description = "Draw the link as a QR code, too." };
        var verb = new Verb("create", "Make an invite, and print its link and code: this once, for only a hash of the code is kept.")
        {
            Examples =
            [
                ("hale invite ohana create --label Nana --user nana", "for one person, who need not choose a name"),
                ("hale invite ohana create --uses 10 --expires 2w --qr", "for a group, with a QR code to show around"),
                ("hale invite ohana create --room '#kitchen:example.org'", "whoever comes with it is in the room at once"),
            ],
        };
        foreach (var option in (Option[])[label, uses, expires, user, rooms, qr])
            verb.Add(option);
        verb.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(qr) && parsed.GetValue(context.Options.Tried))
                throw new UserError("A QR code is for another device, and a machine that is tried can be opened on this computer alone.", "Leave out --qr, and open the link.")
                { ExitCode = HaleCommand.Usage };
            var question = new InviteQuestion
            {
                Verb = "create",
                By = context.Surroundings.Who,
                Label = parsed.GetValue(label) ?? "",
                Uses = parsed.GetValue(uses) ?? 1,
                Expires = parsed.GetValue(expires) ?? UsualSpan,
                User = parsed.GetValue(user),
                Rooms = parsed.GetValue(rooms) ?? [],
                Qr = parsed.GetValue(qr) ? true : null,
            };
            var (host, answer) = await InviteMachine.AskAsync(context, parsed, hosts, question, cancellation).ConfigureAwait(false);
            Tell(context, parsed, host, answer, parsed.GetValue(qr));
            return 0;
        });
        return verb;
    }

    private static void Tell(VerbContext context, ParseResult parsed, string host, InviteAnswer answer, bool qr)
    {
        var made = new MadeInvite(answer.Invite!, answer.Code!, answer.Link!, answer.Notes ?? []);
        var output = context.Surroundings.Out;
        if (parsed.GetValue(context.Options.Json))
        {
            InviteJson.Write(context, json => json.MadeInvite, made);
            return;
        }
        var ink = new Ink(context.Surroundings.Color);
        output.WriteLine(ink.Green($"{host}: {InviteText.Summary(made.Invite)}"));
        output.WriteLine($"  link  {ink.Bold(made.Link)}");
        output.WriteLine($"  code  {made.Code}");
        if (qr)
            foreach (var line in QrText.Lines(answer.Qr ?? [], context.Surroundings.Color))
                output.WriteLine($"  {line}");
        foreach (var note in made.Notes)
            output.WriteLine($"  {ink.Yellow("note")}: {note.Message}\n    hint: {note.Hint}");
        output.WriteLine(ink.Faint("  Pass it on now: the machine keeps only a hash of the code, and cannot show it again."));
    }

    [GeneratedRegex(@"^(never|[0-9]{1,5}[smhdw])\z")]
    private static partial Regex Span();
}
