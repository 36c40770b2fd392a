namespace Lab.Tests.Hive;

/// <summary>The provisioner killed, and the machine's power cut, while rooms are made: in the end there is one more of each, and no more.</summary>
[Collection(HiveMachine.Name)]
public sealed class CutTests(HiveFixture hive)
{
    [LabTheory]
    [InlineData(0.4)]
    [InlineData(0.8)]
    [InlineData(1.3)]
    [InlineData(2.0)]
    public async Task Killed_at_some_instant_it_starts_again_and_makes_nothing_twice(double seconds)
    {
        var before = await AnewAsync();

        await hive.Machine.SucceedAsync($"systemctl restart --no-block {HiveFixture.Provision}; sleep {seconds}; systemctl kill --signal=KILL {HiveFixture.Provision}");
        await hive.Machine.WaitForUnitAsync(HiveFixture.Provision, TimeSpan.FromMinutes(2));

        await AssertOneMoreAsync(before);
    }

    [LabFact]
    public async Task After_a_power_cut_in_the_middle_the_machine_ends_with_one_Space_and_no_room_twice()
    {
        var before = await AnewAsync();

        var state = await hive.Machine.SucceedAsync($"""
            systemctl restart --no-block {HiveFixture.Provision}
            timeout 60 sh -c 'until [ -s /var/lib/hive/rooms/space ]; do sleep 0.01; done'
            systemctl show -p ActiveState --value {HiveFixture.Provision}
            """);
        Assert.Equal("activating", state.Trim());
        await hive.Machine.PowerCutAsync();
        await hive.Machine.StartAsync();
        await hive.Machine.WaitForUnitAsync(HiveFixture.Provision, TimeSpan.FromMinutes(3));

        await AssertOneMoreAsync(before);
        await hive.Machine.WaitForUnitAsync("scout.service", TimeSpan.FromMinutes(1));
    }

    /// <summary>Forgets rooms and tokens, so that the next run has everything to do but the accounts.</summary>
    private async Task<(int Spaces, List<string> Rooms)> AnewAsync()
    {
        var before = await hive.RoomsAsync();
        await hive.Machine.SucceedAsync("rm -f /var/lib/hive/rooms/* /var/lib/scout/access_token /var/lib/scribe/access_token");
        return before;
    }

    private async Task AssertOneMoreAsync((int Spaces, List<string> Rooms) before)
    {
        var after = await hive.RoomsAsync();
        Assert.Equal(before.Spaces + 1, after.Spaces);
        Assert.Equal([.. before.Rooms.Append("Notes").Append("hive-chat").Order(StringComparer.Ordinal)], after.Rooms.Order(StringComparer.Ordinal));
        var joined = (await hive.AskAsync(await hive.TokenAsync("scout"), "joined_rooms")).Body!["joined_rooms"]!.AsArray().Select(room => (string?)room).ToList();
        Assert.Contains(await hive.RoomIdAsync("space"), joined);
        Assert.Contains(await hive.RoomIdAsync("hive-chat"), joined);
    }
}
