using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Operator.Tests.Commands;

/// <summary>What <c>hale invite</c> says before it asks a machine, and how it shows what a machine answers.</summary>
public sealed class InviteTests
{
    /// <summary>A module that keeps invites.</summary>
    private sealed record Guestbook : Module
    {
        public override IEnumerable<Contribution> Contribute(HostView host) => [new InviteDesk("guestbook.service", "/etc/guestbook/invites")];
    }

    [Fact]
    public async Task A_host_that_keeps_no_invites_is_told_what_it_lacks()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Hello())), ["invite", "one", "list"]);
        Assert.Equal(1, run.Exit);
        Assert.Contains("one keeps no invites.", run.Error, StringComparison.Ordinal);
        Assert.Contains("new Registration()", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--uses", "0", "is not a number of accounts")]
    [InlineData("--uses", "many", "is not a number of accounts")]
    [InlineData("--expires", "soon", "is no span of time")]
    [InlineData("--expires", "7", "is no span of time")]
    public async Task Options_that_cannot_be_meant_are_wrong_arguments(string option, string value, string said)
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Guestbook())), ["invite", "one", "create", option, value]);
        Assert.Equal(HaleCommand.Usage, run.Exit);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_hosts_one_is_to_be_named()
    {
        var fleet = Samples.Fleet(Samples.Host("one", new Guestbook()), Samples.Host("two", new Guestbook()));
        Assert.Equal(HaleCommand.Usage, (await CommandRun.OfAsync(fleet, ["invite", "list"])).Exit);
        Assert.Equal(HaleCommand.Usage, (await CommandRun.OfAsync(fleet, ["invite", "one", "two", "list"])).Exit);
        var unknown = await CommandRun.OfAsync(fleet, ["invite", "three", "list"]);
        Assert.Equal(HaleCommand.Usage, unknown.Exit);
        Assert.Contains("The fleet has no host \"three\".", unknown.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_an_address_cannot_be_asked()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Guestbook())), ["invite", "one", "list", "--json"]);
        Assert.Equal(1, run.Exit);
        Assert.Contains("has no address", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_machine_that_is_not_tried_here_cannot_be_asked()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Guestbook())), ["invite", "one", "list", "--tried"]);
        Assert.Equal(5, run.Exit);
        Assert.Contains("hale try one", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Invites_are_a_table_and_one_of_them_a_page()
    {
        var (open, shared) = (Example("k3f9ra", "The cousins", "open") with { Uses = 10, Used = 2, Reserved = 1, Expires = At(7) }, Example("shared", "Shared code", "revoked") with { Revoked = At(1), CreatedBy = "the declaration" });
        var (wide, plain) = (Example("w8x2vt", "おばあちゃん 👨‍👩‍👧", "open"), Example("p4k7zn", "", "used up") with { Uses = 1, Used = 1 });
        var use = new InviteUse { User = "@nana:example.org", At = At(2), Pending = false, Client = "203.0.113.0/24", Via = "page", Note = "could not join #kitchen:example.org" };
        var shown = new ShownInvite(open with { Rooms = ["#kitchen:example.org"], User = "nana" }, [use, use with { User = "anna", Pending = true, Client = "", Note = "" }]);

        Golden.Matches("invites.txt", string.Join('\n', [.. InviteText.Table([open, wide, plain, shared], new(On: false)), "", .. InviteText.Details(shown), ""]));
    }

    [Fact]
    public void A_code_for_cameras_is_drawn_two_rows_a_line()
    {
        Assert.Equal(["█▀▄ ", "████"], QrText.Lines(["0011", "0101", "0000"], color: false));
        Assert.All(QrText.Lines(["01", "10"], color: true), line => Assert.StartsWith("\e[97;40m", line, StringComparison.Ordinal));
    }

    private static Invite Example(string id, string label, string state) => new()
    {
        Id = id,
        Label = label,
        State = state,
        Used = 0,
        Reserved = 0,
        Rooms = [],
        Created = At(0),
        CreatedBy = "tester@here",
    };

    private static DateTimeOffset At(int days) => new DateTimeOffset(2026, 11, 21, 15, 0, 0, TimeSpan.Zero).AddDays(days);
}
