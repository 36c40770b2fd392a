using System.Text.Json.Nodes;
using Registration.Tests.Harness;
using Registration.Tests.Invites;

namespace Registration.Tests.Clients;

/// <summary>A client that does not hear what became of its account, or hears it late: one use for one account, however often it tries again.</summary>
public class ClientDoubtTests : ClientScenario
{
    [Fact]
    public async Task A_lost_answer_keeps_the_use_until_it_is_known_what_became_of_it()
    {
        var (id, code) = await service.InviteAsync();
        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        homeserver.OnMake = () => Fate.MadeAndLost;
        Assert.Equal(502, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["reserved"]!);

        await SettledAsync(id);
        Assert.Equal((1, 0), (await service.ShowAsync(id))["invite"] is var invite ? ((int)invite!["used"]!, (int)invite["reserved"]!) : default);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Whoever_tries_again_after_a_lost_answer_takes_no_second_use(bool remembers, bool settledBefore)
    {
        homeserver.RemembersSessions = remembers;
        var (id, code) = await service.InviteAsync(new() { ["uses"] = 5 });
        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        homeserver.OnMake = () => Fate.MadeAndLost;
        Assert.Equal(502, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        homeserver.OnMake = () => Fate.Made;
        if (settledBefore)
            await SettledAsync(id);

        // At the last stage, and from the token's on.
        Assert.Equal(remembers ? 200 : 400, (await PostAsync(Account("anna", Auth(remembers ? Dummy : Token, session, code)))).Status);
        await SettledAsync(id);

        var shown = await service.ShowAsync(id);
        Assert.Equal((1, 0), ((int)shown["invite"]!["used"]!, (int)shown["invite"]!["reserved"]!));
        Assert.Equal("@anna:example.test", (string)Assert.Single(shown["uses"]!.AsArray())!["user"]!);
        // A use that counts is worth an account: four are left.
        foreach (var (name, number) in new[] { "b", "c", "d", "e", "f" }.Select((name, number) => (name, number)))
            Assert.Equal(number < 4 ? 200 : 403, (await service.ApiAsync(name, code: code)).Status);
    }

    [Fact]
    public async Task An_invite_for_one_is_not_used_up_for_who_did_not_hear_that_it_worked()
    {
        homeserver.RemembersSessions = true;
        var (id, code) = await service.InviteAsync();
        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        homeserver.OnMake = () => Fate.MadeAndLost;
        Assert.Equal(502, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        await SettledAsync(id);

        var other = await PostAsync(Account("berta", Auth(Dummy, session)));
        Assert.Equal((400, "M_INVALID_PARAM"), (other.Status, (string)Json(other)["errcode"]!));
        var again = await PostAsync(Account("anna", Auth(Dummy, session)));
        Assert.Equal((200, "@anna:example.test"), (again.Status, (string)Json(again)["user_id"]!));
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
    }

    [Fact]
    public async Task What_was_not_made_is_made_at_the_next_try_with_one_use()
    {
        var (id, session) = await FailedAsync();
        Assert.Equal(200, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        await SettledAsync(id);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
        Assert.Equal(["anna"], homeserver.Names);
    }

    [Fact]
    public async Task An_attempt_in_doubt_goes_on_no_more_once_its_invite_is_taken_back()
    {
        var (id, session) = await FailedAsync();
        await service.AdminAsync(new() { ["verb"] = "revoke", ["id"] = id });
        var refused = await PostAsync(Account("anna", Auth(Dummy, session)));
        Assert.NotEqual(200, refused.Status);
        Assert.Contains("This invite was taken back.", refused.Text);
        Assert.Empty(homeserver.Names);
    }

    /// <summary>An attempt of anna's that the homeserver failed at.</summary>
    private async Task<(string Id, string Session)> FailedAsync()
    {
        var (id, code) = await service.InviteAsync();
        var session = Session(await PostAsync(Account("anna")));
        await PostAsync(Account("anna", Auth(Token, session, code)));
        homeserver.OnMake = () => Fate.Failed;
        Assert.Equal(500, (await PostAsync(Account("anna", Auth(Dummy, session)))).Status);
        homeserver.OnMake = () => Fate.Made;
        return (id, session);
    }

    [Fact]
    public async Task An_account_that_is_made_late_is_one_use_and_whoever_tries_again_gets_it()
    {
        homeserver.RemembersSessions = true;
        await using var impatient = await Service.StartAsync(homeserver.Url, configure: options =>
            (options.Time, options.SettleEvery, options.HomeserverTimeout) = (time, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500)));
        var (id, code) = await impatient.InviteAsync();
        var session = Session(await PostAsync(Account("anna"), to: impatient));
        await PostAsync(Account("anna", Auth(Token, session, code)), to: impatient);
        homeserver.OnMake = () => Fate.MadeLate;
        Assert.Equal(502, (await PostAsync(Account("anna", Auth(Dummy, session)), to: impatient)).Status);
        time.Advance(TimeSpan.FromMinutes(5));
        await Task.Delay(500);
        Assert.Equal(1, (int)(await impatient.ShowAsync(id))["invite"]!["reserved"]!);

        homeserver.Slowness.SetResult();
        for (var tries = 0; tries < 100 && (int)(await impatient.ShowAsync(id))["invite"]!["used"]! == 0; tries++)
            await Task.Delay(50);

        Assert.Equal(200, (await PostAsync(Account("anna", Auth(Dummy, session)), to: impatient)).Status);
        Assert.Equal(1, (int)(await impatient.ShowAsync(id))["invite"]!["used"]!);
    }
}
