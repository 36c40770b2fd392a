using System.Diagnostics;
using System.Text.Json;
using Hale.Catalogue;
using Hale.Catalogue.Tests;
using Hale.Declare;
using Hale.Store.Closure;
using Lab.Tests.Isolation;

namespace Lab.Tests.Hive;

/// <summary>A hive that came up without a hand: what its agents find, what is kept where, and what becomes of an agent that goes.</summary>
[Collection(HiveMachine.Name)]
public sealed class AgentTests(HiveFixture hive)
{
    [LabFact]
    public async Task Agents_find_themselves_in_the_Space_and_talk_in_hive_chat()
    {
        var start = new ProcessStartInfo("node",
        [
            Repository.At("tests", "Lab.Tests", "client", "agent.mjs"), $"{HiveFixture.Gateway}:{hive.Https}", "127.0.0.1",
            "@scribe:hive-matrix.xyz", await hive.RoomIdAsync("space"), "scout: are you there?", "@scout:hive-matrix.xyz",
        ])
        { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NODE_EXTRA_CA_CERTS"] = hive.Certificate;
        await hive.Machine.WaitForUnitAsync("scout.service");
        using var node = Process.Start(start)!;
        var errors = node.StandardError.ReadToEndAsync();
        await node.StandardInput.WriteAsync(await hive.TokenAsync("scribe"));
        node.StandardInput.Close();
        var output = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.True(node.ExitCode == 0, $"{await errors}\n{await hive.Machine.SucceedAsync("journalctl --no-pager -u scout.service | tail -n 20")}");
        var said = JsonDocument.Parse(output).RootElement;

        Assert.Equal(["Notes", "hive", "hive-chat"], Texts(said.GetProperty("rooms")).Order(StringComparer.Ordinal));
        Assert.Equal(["Notes", "hive", "hive-chat"], Texts(said.GetProperty("children")).Order(StringComparer.Ordinal));
        Assert.Equal(["@hive:hive-matrix.xyz", "@scout:hive-matrix.xyz", "@scribe:hive-matrix.xyz"], Texts(said.GetProperty("members")));
        Assert.Equal("I am here, @scribe:hive-matrix.xyz.", said.GetProperty("answer").GetString());
    }

    [LabFact]
    public async Task The_second_provisioning_changes_nothing_and_is_quick()
    {
        await hive.ProvisionAsync();
        var before = await hive.StreamsAsync();
        var watch = Stopwatch.StartNew();
        await hive.ProvisionAsync();

        Assert.Equal(before, await hive.StreamsAsync());
        Assert.Equal("Nothing to do: 2 agents, the Space and 2 rooms are as declared.", await hive.LastWordAsync());
        // Generous, for other tests may run: the figure is measured in bench.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    [LabFact]
    public async Task Tokens_are_their_agents_alone_and_rooms_are_kept_where_no_agent_sees_them()
    {
        foreach (var agent in new[] { "scout", "scribe" })
        {
            await hive.Machine.WaitForUnitAsync($"{agent}.service");
            var ids = await hive.Machine.SucceedAsync($"stat -c '%u:%g' /var/lib/{agent}/; stat -c '%u:%g' /var/lib/{agent}/access_token; ps -o uid= -C bash | sort -u | wc -l");
            var lines = ids.Split('\n', StringSplitOptions.TrimEntries);
            Assert.Equal(lines[0], lines[1]);
            Assert.NotEqual("0:0", lines[0]);
            Assert.Equal("600", (await hive.Machine.SucceedAsync($"stat -c %a /var/lib/{agent}/access_token")).Trim());
        }
        Assert.All((await hive.Machine.SucceedAsync("find /var/lib/hive/ -type f -printf '%m\\n'")).Trim().Split('\n'), mode => Assert.Equal("600", mode));

        var pid = (await hive.Machine.SucceedAsync("systemctl show -p MainPID --value scout.service")).Trim();
        Assert.NotEqual(0, (await hive.Machine.RunAsync($"ls /proc/{pid}/root/var/lib/hive /proc/{pid}/root/var/lib/private/hive")).ExitCode);
        Assert.NotEqual(0, (await hive.Machine.RunAsync($"ls /proc/{pid}/root/var/lib/scribe /proc/{pid}/root/var/lib/private/scribe")).ExitCode);
        Assert.Equal("", (await hive.Machine.SucceedAsync("grep -rlFf /var/lib/hale/secrets/matrix/registration_token /var/lib/scout/ /var/lib/scribe/ /var/lib/hive/ || true")).Trim());
    }

    [LabFact]
    public async Task A_purged_agent_comes_back_with_a_new_token_into_the_same_rooms()
    {
        var (lost, space) = (await hive.TokenAsync("scout"), await hive.RoomIdAsync("space"));

        await hive.Machine.SucceedAsync("systemctl stop scout.service && rm -rf /var/lib/private/scout");
        await hive.ProvisionAsync();

        var token = await hive.TokenAsync("scout");
        Assert.NotEqual(lost, token);
        Assert.Equal(401, (await hive.AskAsync(lost, "account/whoami")).Status);
        Assert.Equal("@scout:hive-matrix.xyz", (string?)(await hive.AskAsync(token, "account/whoami")).Body!["user_id"]);
        Assert.Equal(space, await hive.RoomIdAsync("space"));
        // Nobody started it: its token did.
        await hive.Machine.SucceedAsync("for i in $(seq 300); do systemctl is-active --quiet scout.service && exit 0; sleep 0.2; done; systemctl status scout.service; exit 1");
    }

    [LabFact]
    public async Task A_token_that_comes_while_its_agent_is_still_starting_wakes_it_once_more()
    {
        const string drop = "/run/systemd/system/scout.service.d";
        await hive.Machine.SucceedAsync($"mkdir -p {drop} && printf '[Service]\\nExecStartPre=/bin/sleep 4\\n' >{drop}/slow.conf && systemctl daemon-reload");
        const string change = "cp -p /var/lib/private/scout/access_token /var/lib/private/scout/access_token.new && mv /var/lib/private/scout/access_token.new /var/lib/private/scout/access_token";
        await hive.Machine.SucceedAsync($"{change}; sleep 2; systemctl show -P ActiveState scout.service | grep activating; date +%s >/run/second; {change}");

        await hive.Machine.SucceedAsync(
            "for i in $(seq 100); do at=$(date -d \"$(systemctl show -P InactiveExitTimestamp scout.service)\" +%s)"
            + "; systemctl is-active --quiet scout.service && [ $at -ge $(cat /run/second) ] && exit 0; sleep 0.2; done; systemctl status scout.service hive-wake-scout.path; exit 1");
        await hive.Machine.SucceedAsync($"rm -r {drop} /run/second && systemctl daemon-reload");
    }

    [LabFact]
    public async Task An_agent_taken_out_keeps_its_account_until_it_is_retired_by_name()
    {
        Assert.Equal(Outcome.Done, (await hive.DeployAsync(await WithAsync(agents => [.. agents, new Agent("guest")]))).Outcome);
        var token = await hive.TokenAsync("guest");

        Assert.Equal(Outcome.Done, (await hive.DeployAsync(await HiveFixture.DeclareAsync())).Outcome);
        Assert.Equal(200, (await hive.AskAsync(token, "account/whoami")).Status);
        Assert.Contains("guest", await hive.Machine.SucceedAsync("journalctl --no-pager -u hive-provision.service | grep 'not declared any more'"), StringComparison.Ordinal);

        Assert.Equal(Outcome.Done, (await hive.DeployAsync(await WithAsync(agents => agents, ["guest"]))).Outcome);
        Assert.Equal(401, (await hive.AskAsync(token, "account/whoami")).Status);
        Assert.Equal(200, (await hive.AskAsync(await hive.TokenAsync("scribe"), "account/whoami")).Status);

        await hive.DeployAsync(await HiveFixture.DeclareAsync());
    }

    [LabFact]
    public async Task Every_service_of_the_hive_is_exposed_to_2_at_most()
    {
        foreach (var unit in HiveFixture.PlanOf(await HiveFixture.DeclareAsync()).Units.Select(unit => unit.Name)
            .Where(name => name.EndsWith(".service", StringComparison.Ordinal) && !Exposure.TheMachineItself.Contains(name)))
            await Exposure.AssertAtMostAsync(hive.Machine, 2.0, unit);
    }

    [LabFact]
    public async Task An_agent_taken_out_of_a_room_leaves_it_and_one_that_came_by_itself_stays()
    {
        async Task<string> InNotesAsync() => await hive.MembershipsAsync(await hive.RoomIdAsync("notes"), "scout", "scribe");
        Assert.Equal("scout: none, scribe: join", await InNotesAsync());

        Assert.Equal(Outcome.Done, (await hive.DeployAsync(await WithRoomAsync("notes", []))).Outcome);
        Assert.Equal("scout: join, scribe: join", await InNotesAsync());
        Assert.Equal(Outcome.Done, (await hive.DeployAsync(await HiveFixture.DeclareAsync())).Outcome);
        Assert.Equal("scout: leave, scribe: join", await InNotesAsync());
        Assert.Contains("is not among the members of \"Notes\" any more", await hive.Machine.SucceedAsync($"journalctl --no-pager -u {HiveFixture.Provision}"), StringComparison.Ordinal);

        // Whoever is in the Space may come in; that is no declaration's affair.
        Assert.Equal(200, (await hive.AskAsync(await hive.TokenAsync("scout"), $"rooms/{Uri.EscapeDataString(await hive.RoomIdAsync("notes"))}/join", HttpMethod.Post)).Status);
        await hive.ProvisionAsync();
        Assert.Equal("Nothing to do: 2 agents, the Space and 2 rooms are as declared.", await hive.LastWordAsync());
        Assert.Equal("scout: join, scribe: join", await InNotesAsync());
        Assert.Equal(200, (await hive.AskAsync(await hive.TokenAsync("scout"), $"rooms/{Uri.EscapeDataString(await hive.RoomIdAsync("notes"))}/leave", HttpMethod.Post)).Status);
    }

    [LabFact]
    public async Task A_homeserver_that_dies_while_agents_are_made_undoes_no_deployment()
    {
        await hive.Machine.SucceedAsync($"""
            systemd-run --unit=end-of-synapse sh -c 'until [ "$(systemctl show -p ActiveState --value {HiveFixture.Provision})" = activating ]; do sleep 0.05; done
            sleep 0.6; systemctl kill --signal=KILL matrix-synapse.service'
            """);

        var outcome = (await hive.DeployAsync(await WithAsync(agents => [.. agents, new Agent("late-1"), new Agent("late-2"), new Agent("late-3")]))).Outcome;

        Assert.Equal(Outcome.Done, outcome);
        Assert.Contains("It goes on in", await hive.Machine.SucceedAsync($"journalctl --no-pager -u {HiveFixture.Provision}"), StringComparison.Ordinal);
        Assert.Equal(200, (await hive.AskAsync(await hive.TokenAsync("late-3"), "account/whoami")).Status);
        await hive.DeployAsync(await HiveFixture.DeclareAsync());
    }

    /// <summary>The example with other members of a room.</summary>
    private static async Task<Fleet> WithRoomAsync(string name, EquatableArray<string> members)
    {
        var fleet = await HiveFixture.DeclareAsync();
        var declared = HiveFixture.HostOf(fleet).Modules.Select(one => one.Value).OfType<Hale.Catalogue.Hive>().Single();
        HiveFixture.HostOf(fleet).Force.Add(new Hale.Catalogue.Hive { Rooms = [.. declared.Rooms.Select(room => room.Name == name ? room with { Members = members } : room)] });
        return fleet;
    }

    /// <summary>The example with other agents, or with some retired.</summary>
    private static async Task<Fleet> WithAsync(Func<EquatableArray<Agent>, EquatableArray<Agent>> agents, EquatableArray<string>? retired = null)
    {
        var fleet = await HiveFixture.DeclareAsync();
        var declared = HiveFixture.HostOf(fleet).Modules.Select(one => one.Value).OfType<Hale.Catalogue.Hive>().Single();
        HiveFixture.HostOf(fleet).Force.Add(new Hale.Catalogue.Hive { Agents = agents(declared.Agents), Retired = retired ?? [] });
        return fleet;
    }

    private static IEnumerable<string> Texts(JsonElement list) => list.EnumerateArray().Select(one => one.GetString()!);
}
