using Registration.Invites;

namespace Registration.Admin;

/// <summary>The form that makes an invite, as it was sent: what it asks for, and all that is wrong with it.</summary>
internal sealed record InviteForm(string Label, string Uses, string Expires, string UserName, string Rooms)
{
    public static InviteForm Fresh { get; } = new("", "1", "7d", "", "");

    public InviteRequest Request { get; private init; } = new();

    public IReadOnlyList<InviteProblem> Problems { get; init; } = [];

    public static InviteForm Read(IFormCollection form)
    {
        string Text(string name) => form[name].ToString().Trim();
        var read = new InviteForm(Text("label"), Text("uses"), Text("expires"), Text("user").ToLowerInvariant(), Text("rooms"));
        var problems = new List<InviteProblem>();
        if (!int.TryParse(read.Uses, System.Globalization.NumberStyles.None, null, out var uses))
        {
            problems.Add(new(InviteField.Uses, "This is not a number.", $"Write 1 to {InviteRequest.MostUses}."));
            uses = 1;
        }
        if (!InviteRequest.TryReadSpan(read.Expires, out var expires))
            problems.Add(new(InviteField.Expires, "This is no span of time.", "Write 30m, 12h, 7d, 2w or never."));
        var request = new InviteRequest
        {
            Label = read.Label,
            Uses = uses,
            ExpiresIn = expires,
            UserName = read.UserName.Length == 0 ? null : read.UserName,
            Rooms = [.. read.Rooms.Split([' ', ',', '\n', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries).Distinct()],
        };
        return read with { Request = request, Problems = [.. problems, .. request.Problems()] };
    }

    public InviteProblem? At(InviteField field) => Problems.FirstOrDefault(problem => problem.Field == field);
}
