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
        var label = Math.Clamp(invites.Max(invite => invite.Label.Length), 5, 40);
        yield return ink.Faint($"{"id",-6}  {"label".PadRight(label)}  {"state",-7}  {"used",-9}  {"expires",-17}  by");
        foreach (var invite in invites)
            yield return $"{invite.Id,-6}  {Cut(invite.Label, label).PadRight(label)}  {State(invite, ink)}  {Count(invite),-9}  "
                + $"{invite.Expires?.UtcDateTime.ToString(Time, null) ?? "never",-17}  {invite.CreatedBy}";
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

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..(length - 1)] + "…";
}
