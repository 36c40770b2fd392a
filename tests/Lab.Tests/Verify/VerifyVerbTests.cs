using System.Text.Json;
using Hale.Declare;
using Hale.Operator;
using Hale.Store.Local;
using Lab.Tests.Deploy;

namespace Lab.Tests.Verify;

/// <summary><c>hale verify</c> and what a deployment does with hand edits, through the front door.</summary>
public sealed class VerifyVerbTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-verify-");

    public void Dispose() => folder.Delete(recursive: true);

    private async Task<(int Exit, string Out, string Error)> HaleAsync(
        Hale.Lab.Machine machine, string line, IPrompt? prompt = null, string note = "", string? cache = null)
    {
        var host = new Host("one");
        host.Modules.Add(new Waiter("waiter") { Note = note });
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var context = new VerbContext
        {
            Fleet = new Fleet("example.org") { Hosts = { host } },
            FleetFile = Path.Combine(folder.FullName, "fleet.cs"),
            TargetOf = _ => DeployBench.Target(machine),
            Surroundings = Surroundings.OfProcess() with
            {
                Out = output,
                Error = error,
                IsTerminal = prompt is not null,
                Prompt = prompt,
                Color = false,
                WorkingDirectory = folder.FullName,
                CacheFolder = cache ?? LocalStore.DefaultFolder(),
                Who = "tester@here",
            },
        };
        var exit = await HaleCommand.RunAsync(line.Split(' '), context, CancellationToken.None);
        return (exit, output.ToString(), error.ToString());
    }

    [LabFact]
    public async Task Hand_edits_are_shown_kept_aside_and_put_back_and_the_store_is_mended()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        Assert.Contains("Nothing was deployed", (await HaleAsync(machine, "verify one")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await HaleAsync(machine, "deploy one --yes")).Exit);
        Assert.Equal((0, "one: as declared\n", ""), await HaleAsync(machine, "verify one"));
        Assert.Equal((0, "one: as declared\n", ""), await HaleAsync(machine, "verify one --store"));

        // Seen, with the difference, and left alone.
        await machine.SucceedAsync(
            "rm /etc/waiter.conf; printf 'the same\\nand mine\\n' >/etc/waiter.conf; systemctl stop waiter");
        var seen = await HaleAsync(machine, "verify one");
        Assert.Equal(8, seen.Exit);
        Assert.Contains("~ /etc/waiter.conf: a file of 18 bytes; declared: a link to ", seen.Out, StringComparison.Ordinal);
        Assert.Contains("      +and mine\n", seen.Out, StringComparison.Ordinal);
        Assert.Contains("~ waiter.service: stopped; declared: running", seen.Out, StringComparison.Ordinal);
        Assert.Equal("one: 2 differences from what was declared\n", seen.Error);
        var json = await HaleAsync(machine, "verify one --json");
        Assert.Equal(8, json.Exit);
        var findings = json.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonDocument.Parse(text).RootElement)
            .Where(text => text.GetProperty("event").GetString() == "finding").Select(text => text.GetProperty("finding").GetProperty("kind").GetString());
        Assert.Equal(["linkReplaced", "unitStopped"], findings);
        var asked = new Answering(false, false);
        Assert.Equal(8, (await HaleAsync(machine, "verify one", asked)).Exit);
        Assert.Equal(2, asked.Asked.Count);
        await machine.SucceedAsync("grep mine /etc/waiter.conf");

        // Kept aside at a terminal.
        var kept = await HaleAsync(machine, "verify one", new Answering(true));
        Assert.True(kept.Exit == 0, kept.ToString());
        Assert.Contains("put back /etc/waiter.conf (kept: /var/lib/hale/aside/", kept.Out, StringComparison.Ordinal);
        Assert.Contains("put back waiter.service", kept.Out, StringComparison.Ordinal);
        await machine.SucceedAsync("systemctl is-active waiter; grep mine /var/lib/hale/aside/*/etc/waiter.conf");
        await machine.FailAsync("grep mine /etc/waiter.conf");
        Assert.Equal((0, "one: as declared\n", ""), await HaleAsync(machine, "verify one"));

        // The store: what is damaged comes from here, and what runs from it starts again.
        var pid = (await machine.SucceedAsync("systemctl show -P MainPID waiter")).Trim();
        await machine.SucceedAsync(
            "unit=$(readlink -f /etc/systemd/system/waiter.service); sed -i 's/^Description.*/Description=waiter X/' $unit; chmod 444 $unit; rm $(readlink -f /etc/waiter.conf)");
        var damaged = await HaleAsync(machine, "verify one --repair overwrite");
        Assert.True(damaged.Exit == 0, damaged.ToString());
        Assert.Contains("copy 2 paths to one", damaged.Out, StringComparison.Ordinal);
        Assert.Equal((0, "one: as declared\n", ""), await HaleAsync(machine, "verify one --store"));
        Assert.NotEqual(pid, (await machine.SucceedAsync("systemctl show -P MainPID waiter")).Trim());

        // The activator itself does not run any more.
        await machine.SucceedAsync("truncate -s 100 $(readlink -f /run/hale/system/activator)/lib/Hale.Store.dll");
        var silent = await HaleAsync(machine, "verify one --repair overwrite");
        Assert.True(silent.Exit == 0, silent.ToString());
        Assert.Contains("It is sent again.", silent.Out, StringComparison.Ordinal);
        Assert.Equal((0, "one: as declared\n", ""), await HaleAsync(machine, "verify one --store"));

        Assert.Contains("verify", await machine.SucceedAsync("cat /var/lib/hale/history.jsonl"), StringComparison.Ordinal);
        Assert.Equal("", await machine.SucceedAsync("ls -d /nix/store/.hale-* 2>/dev/null || true"));
    }

    [LabFact]
    public async Task What_the_machine_runs_and_this_computer_cannot_make_again_is_told()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        var note = Guid.NewGuid().ToString("n");
        Assert.Equal(0, (await HaleAsync(machine, "deploy one --yes", note: note)).Exit);
        var unit = Path.GetFileName((await machine.SucceedAsync("readlink -f /etc/systemd/system/waiter.service")).Trim());
        await machine.SucceedAsync($"echo >>/nix/store/{unit}");
        using (var store = LocalStore.Open(LocalStore.DefaultFolder()))
            store.Remove(Hale.Store.Paths.StorePath.Parse($"/nix/store/{unit}"));
        var lost = await HaleAsync(machine, "verify one --repair overwrite", note: "another");
        Assert.Equal(7, lost.Exit);
        Assert.Contains($"{unit} cannot be sent again", lost.Out, StringComparison.Ordinal);
        // Built anew from the same declaration it is the same path.
        Assert.Equal(0, (await HaleAsync(machine, "verify one --repair overwrite", note: note)).Exit);
    }

    [LabFact]
    public async Task A_deployment_sees_hand_edits_puts_back_what_loses_nothing_and_asks_for_the_rest()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        Assert.Equal(0, (await HaleAsync(machine, "deploy one --yes")).Exit);
        Assert.Equal((0, "one: nothing to do\n", ""), await HaleAsync(machine, "deploy one --yes"));

        // Stopped, masked, disabled: seen also where nothing else is to do, told, and put back.
        await machine.SucceedAsync("systemctl stop waiter");
        Assert.Contains("~ waiter.service: stopped", (await HaleAsync(machine, "plan one")).Out, StringComparison.Ordinal);
        var stopped = await HaleAsync(machine, "deploy one --yes");
        Assert.True(stopped.Exit == 0, stopped.ToString());
        Assert.Contains("put back waiter.service", stopped.Out, StringComparison.Ordinal);
        await machine.SucceedAsync("systemctl is-active waiter; systemctl disable waiter");
        Assert.Contains("put back /etc/systemd/system/waiter.service", (await HaleAsync(machine, "deploy one --yes")).Out, StringComparison.Ordinal);
        await machine.SucceedAsync("ln -sfn /dev/null /etc/systemd/system/waiter.service; systemctl daemon-reload; systemctl stop waiter");
        var masked = await HaleAsync(machine, "deploy one --yes", note: "changed");
        Assert.True(masked.Exit == 0, masked.ToString());
        await machine.SucceedAsync("systemctl is-active waiter; systemctl show -p Description waiter | grep >/dev/null changed");
        Assert.Equal((0, "one: nothing to do\n", ""), await HaleAsync(machine, "deploy one --yes", note: "changed"));

        // What a person wrote is not lost unasked, whatever else is to be deployed.
        const string edit = "mkdir -p /etc/systemd/system/waiter.service.d; printf '[Service]\\nNice=5\\n' >/etc/systemd/system/waiter.service.d/mine.conf; systemctl daemon-reload";
        await machine.SucceedAsync(edit);
        foreach (var line in (string[])["deploy one --yes", "deploy one --yes --drift refuse"])
        {
            var refused = await HaleAsync(machine, line, note: "again");
            Assert.Equal(8, refused.Exit);
            Assert.Contains("waiter.service.d/mine.conf was changed by hand", refused.Error, StringComparison.Ordinal);
            Assert.Contains("+Nice=5", refused.Out, StringComparison.Ordinal);
        }

        await machine.SucceedAsync("systemctl show -p Description waiter | grep >/dev/null changed; test -e /etc/systemd/system/waiter.service.d/mine.conf");
        var disagreed = await HaleAsync(machine, "deploy one", new Answering(false), note: "again");
        Assert.Equal(1, disagreed.Exit);
        Assert.Contains("You did not agree.", disagreed.Error, StringComparison.Ordinal);
        Assert.Equal(8, (await HaleAsync(machine, "deploy one", new Answering(true, false, false), note: "again")).Exit);
        var kept = await HaleAsync(machine, "deploy one", new Answering(true, true), note: "again");
        Assert.True(kept.Exit == 0, kept.ToString());
        await machine.SucceedAsync(
            "systemctl show -p Description waiter | grep >/dev/null again; test $(systemctl show -P Nice waiter) = 0; grep Nice=5 /var/lib/hale/aside/*/etc/systemd/system/waiter.service.d/mine.conf");

        await machine.SucceedAsync(edit);
        Assert.Equal(0, (await HaleAsync(machine, "deploy one --yes --drift overwrite", note: "again")).Exit);
        await machine.FailAsync("test -e /etc/systemd/system/waiter.service.d");
        Assert.Equal((0, "one: nothing to do\n", ""), await HaleAsync(machine, "deploy one --yes", note: "again"));
    }

    private sealed class Answering(params bool[] answers) : IPrompt
    {
        private readonly Queue<bool> left = new(answers);

        public List<string> Asked { get; } = [];

        public string? Hidden(string question) => null;

        public bool Confirm(string question)
        {
            Asked.Add(question);
            return left.Count > 0 && left.Dequeue();
        }
    }
}
