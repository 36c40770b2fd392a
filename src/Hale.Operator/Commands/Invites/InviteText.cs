using Hale.Operator.Diagnose;

namespace Hale.Operator;

/// <summary>Invites for people.</summary>
internal static class InviteText
{
    private const string Time = "yyyy-MM-dd HH:mm'Z'";

    public static string Summary(Invite invite) =>
        $"invite {invite.Id} for {Accounts(invite)}{(invite.User is { } user ? $" named {user}" : "")}, {(invite.Expires is { } end ? $"until {end.UtcDateTime.ToString(Time, null)}" : "without end")}";

    public static IEnumerable<string> Table(IReadOnlyList<Invite> invites, Ink ink)
    {
        var by = invites.Max(invite => invite.CreatedBy.Length);
        // The label at the end, where its letters may be wide, run the other way, or go on in the next line.
        yield return ink.Faint($"{"id",-6}  {"state",-7}  {"used",-9}  {"expires",-17}  {"by".PadRight(by)}  label");
        foreach (var invite in invites)
            yield return $"{invite.Id,-6}  {State(invite, ink)}  {Count(invite),-9}  {invite.Expires?.UtcDateTime.ToString(Time, null) ?? "never",-17}  "
                + $"{invite.CreatedBy.PadRight(by)}  {invite.Label}".TrimEnd();
    }

    public static IEnumerable<string> Details(ShownInvite shown)
    {
        var invite = shown.Invite;
        yield return Summary(invite);
        if (invite.Label.Length > 0)
            yield return $"  label    {invite.Label}";
        yield return $"  state    {invite.State}{(invite.Revoked is { } when ? $" since {when.UtcDateTime.ToString(Time, null)}" : "")}";
        yield return $"  used     {Count(invite)}";
        if (invite.Rooms.Count > 0)
            yield return $"  rooms    {string.Join(", ", invite.Rooms)}";
        yield return $"  made     {invite.Created.UtcDateTime.ToString(Time, null)} by {invite.CreatedBy}";
        foreach (var use in shown.Uses)
            yield return $"  {use.At.UtcDateTime.ToString(Time, null)}  {use.User}  {(use.Pending ? "being made" : $"by the {use.Via}")}"
                + $"{(use.Client.Length > 0 ? $" from {use.Client}" : "")}{(use.Note.Length > 0 ? $"; {use.Note}" : "")}";
    }

    private static string Accounts(Invite invite) => invite.Uses switch
    {
        null => "any number of accounts",
        1 => "one account",
        var uses => $"{uses} accounts",
    };

    private static string Count(Invite invite) => $"{invite.Used}{(invite.Uses is { } uses ? $" of {uses}" : "")}{(invite.Reserved > 0 ? $" +{invite.Reserved}" : "")}";

    private static string State(Invite invite, Ink ink) =>
        invite.State == "open" ? ink.Green(invite.State.PadRight(7)) : ink.Faint(invite.State.PadRight(7));
}
