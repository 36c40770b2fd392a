using Lab.Tests.Deploy;

namespace Lab.Tests.Gates;

/// <summary>A machine whose activator is older than this hale.</summary>
[Collection(GateMachine.Name)]
public sealed class OlderActivatorTests(GateFixture gate)
{
    /// <summary>An activator that answers a plan as one does that has never heard of this manifest, and does all else as ever.</summary>
    private const string Older = """
        set -e
        activator=$(readlink -f /run/hale/system/activator)
        mkdir -p /root/newer && mount --bind $activator /root/newer && mount --make-private /root/newer
        cat >/root/older <<'END'
        #!/bin/sh
        if [ -e /root/left ] && [ "$1" = plan -o "$1" = status ]; then
            cat >/dev/null
            echo '{"event":"result","outcome":"refused","errors":[{"message":"/var/lib/hale/journal.json cannot be read: version 9, expected 2","hint":"Operator and activator differ in age."}]}'
            exit 1
        fi
        if [ "$1" = plan ]; then
            cat >/dev/null
            echo '{"event":"result","outcome":"refused","errors":[{"message":"The manifest of standard input has version 9; this activator reads up to 1.","hint":"Operator and activator differ in age."}]}'
            exit 1
        fi
        exec /root/newer/bin/hale-activator "$@"
        END
        chmod +x /root/older
        mount --bind /root/older $activator/bin/hale-activator
        """;

    [LabFact]
    public async Task A_plan_for_it_is_made_here_and_says_what_it_cannot_know()
    {
        using var door = new FrontDoor();
        var deployed = await door.HaleAsync(gate.Machine, [new Waiter("first")], "deploy", "one", "--yes");
        Assert.True(deployed.Exit == 0, deployed.Error);
        await gate.Machine.SucceedAsync(Older);
        try
        {
            var plan = await door.HaleAsync(gate.Machine, [new Waiter("first") { Note = "changed" }], "plan", "one");
            Assert.True(plan.Exit == 0, plan.Error);
            Assert.Contains("restart first.service (unit file changed)", plan.Out, StringComparison.Ordinal);
            Assert.Contains("one runs an activator that is older than this hale", plan.Out + plan.Error, StringComparison.Ordinal);
            Assert.Contains("It cannot know which units run there", plan.Out + plan.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("version 9", plan.Out + plan.Error, StringComparison.Ordinal);
            // What a newer one left there is for the newer one, which a deployment brings along.
            await gate.Machine.SucceedAsync("touch /root/left");
            var status = await door.HaleAsync(gate.Machine, [new Waiter("first")], "status", "one");
            Assert.True(status.Exit == 1, status.ToString());
            Assert.Contains("cannot be read: version 9", status.Error, StringComparison.Ordinal);
            plan = await door.HaleAsync(gate.Machine, [new Waiter("first") { Note = "changed" }], "plan", "one");
            Assert.True(plan.Exit == 0, plan.Error);
            Assert.Contains("restart first.service (unit file changed)", plan.Out, StringComparison.Ordinal);
            await gate.Machine.SucceedAsync("rm /root/left");
            var newer = await door.HaleAsync(gate.Machine, [new Waiter("first") { Note = "changed" }], "deploy", "one", "--yes");
            Assert.True(newer.Exit == 0, newer.Error);
        }
        finally
        {
            await gate.Machine.RunAsync("umount /nix/store/*-hale-activator/bin/hale-activator; umount /root/newer");
            await gate.WellAsync();
        }
    }
}
