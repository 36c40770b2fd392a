using System.Text.Json.Nodes;
using Registration.Tests.Harness;

namespace Registration.Tests.Invites;

/// <summary>A homeserver that fails, or a service that is killed, loses no use and gives none twice.</summary>
public class DoubtTests : IAsyncLifetime
{
    private readonly ManualTime time = new();
    private Accounts homeserver = null!;
    private Service service = null!;

    public async Task InitializeAsync()
    {
        homeserver = await Accounts.StartAsync();
        service = await StartAsync();
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        await homeserver.DisposeAsync();
    }

    [Fact]
    public async Task A_refusal_of_the_homeserver_gives_the_use_back_at_once()
    {
        var (_, code) = await service.InviteAsync();
        Assert.Equal(200, (await service.ApiAsync("anna")).Status);
        Assert.Equal("User ID already taken.", (await service.ApiAsync("anna", code: code)).Error);
        Assert.Equal(200, (await service.ApiAsync("berta", code: code)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lost_answer_keeps_the_use_until_the_homeserver_is_asked_what_became_of_it(bool wasMade)
    {
        var (id, code) = await service.InviteAsync();
        homeserver.OnMake = () => wasMade ? Fate.MadeAndLost : Fate.Lost;
        Assert.Equal(502, (await service.ApiAsync("anna", code: code)).Status);
        homeserver.OnMake = () => Fate.Made;
        Assert.Equal((409, "invite is being used at this moment"), (await service.ApiAsync("berta", code: code)) is var busy ? (busy.Status, busy.Error) : default);

        time.Advance(TimeSpan.FromSeconds(61));
        await SettledAsync(id);

        var later = await service.ApiAsync("berta", code: code);
        Assert.Equal(wasMade ? (403, "invite used up") : (200, null), (later.Status, later.Error));
        Assert.Equal(wasMade ? ["anna"] : ["berta"], homeserver.Names);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Whoever_sends_the_form_again_after_a_lost_answer_hears_that_the_account_is_there_and_takes_no_second_use(int uses)
    {
        var (id, code) = await service.InviteAsync(new JsonObject { ["uses"] = uses });
        homeserver.OnMake = () => Fate.MadeAndLost;
        Assert.Equal(502, (await service.ApiAsync("anna", code: code)).Status);
        homeserver.OnMake = () => Fate.Made;
        time.Advance(TimeSpan.FromSeconds(61));
        await SettledAsync(id);

        Assert.Contains("the account “anna” was made with this invite. If it is yours, sign in", (await service.FormAsync("anna", code: code)).Text);
        Assert.DoesNotContain("made with this invite", (await service.FormAsync("anna")).Text);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
        Assert.Equal(["anna"], homeserver.Names);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task However_long_a_homeserver_takes_for_an_account_its_use_is_neither_given_away_nor_lost(bool isMade)
    {
        await using var impatient = await Service.StartAsync(homeserver.Url, configure: options =>
            (options.Time, options.SettleEvery, options.HomeserverTimeout) = (time, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(500)));
        var (id, code) = await impatient.InviteAsync(new() { ["rooms"] = new JsonArray("#kitchen:example.test") });
        homeserver.OnMake = () => isMade ? Fate.MadeLate : Fate.LostLate;
        Assert.Contains("may make your account yet", (await impatient.FormAsync("anna", code: code)).Text);
        homeserver.OnMake = () => Fate.Made;
        time.Advance(TimeSpan.FromMinutes(5));
        await Task.Delay(500);
        Assert.Equal(409, (await impatient.ApiAsync("berta", code: code)).Status);

        homeserver.Slowness.SetResult();
        if (!isMade)
        {
            // The connection that it waited on has ended: from here on it is as after any lost answer.
            await Task.Delay(500);
            time.Advance(TimeSpan.FromSeconds(61));
        }
        await SettledAsync(impatient, id);

        Assert.Equal(isMade ? 403 : 200, (await impatient.ApiAsync("berta", code: code)).Status);
        Assert.Equal(isMade ? ["anna"] : ["berta"], homeserver.Names);
        if (isMade)
            Assert.Contains("#kitchen:example.test", homeserver.Joined);
    }

    [Fact]
    public async Task A_service_that_ends_while_a_homeserver_hangs_ends_soon_and_finds_out_after_its_next_start()
    {
        using var state = new TemporaryFolder();
        string id, code;
        await using (var impatient = await Service.StartAsync(homeserver.Url, configure: options => options.HomeserverTimeout = TimeSpan.FromMilliseconds(500), state: state.Path))
        {
            (id, code) = await impatient.InviteAsync();
            homeserver.OnMake = () => Fate.MadeLate;
            Assert.Equal(502, (await impatient.ApiAsync("anna", code: code)).Status);
            var ending = System.Diagnostics.Stopwatch.StartNew();
            await impatient.DisposeAsync();
            Assert.True(ending.Elapsed < TimeSpan.FromSeconds(5), $"it took {ending.Elapsed}");
        }
        homeserver.Slowness.SetResult();
        await using var next = await Service.StartAsync(
            homeserver.Url, configure: options => (options.Time, options.SettleEvery) = (new Later(), TimeSpan.FromMilliseconds(50)), state: state.Path);
        await SettledAsync(next, id);
        Assert.Equal((403, "invite used up"), (await next.ApiAsync("berta", code: code)) is var refused ? (refused.Status, refused.Error) : default);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_keeps_no_use_for_long()
    {
        var (id, code) = await service.InviteAsync();
        time.Advance(TimeSpan.FromDays(400));
        homeserver.OnMake = () => Fate.Lost;
        Assert.Equal(502, (await service.ApiAsync("anna", code: code)).Status);
        homeserver.OnMake = () => Fate.Made;
        time.Advance(TimeSpan.FromDays(-400));
        await Task.Delay(500);
        time.Advance(TimeSpan.FromSeconds(61));
        await SettledAsync(service, id);
        Assert.Equal(200, (await service.ApiAsync("berta", code: code)).Status);
    }

    [Fact]
    public async Task An_internal_error_is_in_doubt_too()
    {
        var (id, code) = await service.InviteAsync();
        homeserver.OnMake = () => Fate.Failed;
        Assert.Equal(500, (await service.ApiAsync("anna", code: code)).Status);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["reserved"]!);
        time.Advance(TimeSpan.FromSeconds(61));
        await SettledAsync(id);
        homeserver.OnMake = () => Fate.Made;
        Assert.Equal(200, (await service.ApiAsync("anna", code: code)).Status);
    }

    [Fact]
    public async Task While_the_homeserver_is_away_nothing_is_settled()
    {
        var (id, code) = await service.InviteAsync();
        homeserver.OnMake = () => Fate.MadeAndLost;
        await service.ApiAsync("anna", code: code);
        homeserver.Away = true;
        time.Advance(TimeSpan.FromMinutes(5));
        await Task.Delay(500);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["reserved"]!);
        homeserver.Away = false;
        await SettledAsync(id);
        Assert.Equal(1, (int)(await service.ShowAsync(id))["invite"]!["used"]!);
    }

    [Fact]
    public async Task Two_attempts_for_one_name_do_not_run_side_by_side()
    {
        var (_, code) = await service.InviteAsync(new JsonObject { ["uses"] = 5 });
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => service.ApiAsync("anna", code: code)));
        Assert.Single(replies, reply => reply.Status == 200);
        Assert.All(replies.Where(reply => reply.Status != 200), reply =>
            Assert.Contains(reply.Error, (string[])["user name is being registered at this moment", "User ID already taken."]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_service_that_is_killed_while_it_asks_finds_out_after_its_next_start(bool wasMade)
    {
        using var state = new TemporaryFolder();
        using var killed = new Killable(state, homeserver.Url);
        await killed.StartAsync();
        var code = await killed.InviteAsync();
        // The account is made, or is not, and then the service is gone before it hears of it.
        homeserver.OnMake = () =>
        {
            killed.Kill();
            return wasMade ? Fate.MadeAndLost : Fate.Lost;
        };
        await Assert.ThrowsAsync<HttpRequestException>(() => killed.RegisterAsync("anna", code));
        homeserver.OnMake = () => Fate.Made;

        await using var next = await Service.StartAsync(
            homeserver.Url, configure: options => (options.Time, options.SettleEvery) = (new Later(), TimeSpan.FromMilliseconds(50)), state: state.Path);
        for (var tries = 0; (await next.AdminAsync(new() { ["verb"] = "list" }))["invites"]!.AsArray().Any(one => (int)one!["reserved"]! > 0) && tries < 100; tries++)
            await Task.Delay(100);
        var reply = await next.ApiAsync("berta", code: code);

        Assert.Equal(wasMade ? (403, "invite used up") : (200, null), (reply.Status, reply.Error));
    }

    private Task SettledAsync(string id) => SettledAsync(service, id);

    private static async Task SettledAsync(Service service, string id)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if ((int)(await service.ShowAsync(id))["invite"]!["reserved"]! == 0)
                return;
            await Task.Delay(50);
        }
        Assert.Fail("nothing was settled within 10 s");
    }

    private Task<Service> StartAsync() => Service.StartAsync(
        homeserver.Url, configure: options => (options.Time, options.SettleEvery) = (time, TimeSpan.FromMilliseconds(50)));

    /// <summary>Today's clock, two minutes on.</summary>
    private sealed class Later : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddMinutes(2);
    }
}
