using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Hale.Catalogue.Tests;
using Hale.Store.Local;

namespace Lab.Tests.Deploy;

/// <summary>
/// <c>hale deploy --all</c> as a process of its own on a real pseudo-terminal, with a fleet.cs and ssh as a person has them: each host has one
/// line that is drawn anew in its place, whatever the width, and nothing of it is left at the end.
/// </summary>
public sealed partial class TerminalTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-terminal-");

    public void Dispose() => folder.Delete(recursive: true);

    [LabFact]
    public async Task Several_hosts_have_one_line_each_on_a_terminal_of_any_width_and_plain_lines_elsewhere()
    {
        await using var lab = await LabFixture.StartAsync();
        var booting = new[] { "web", "db" }.Select(name => lab.BootAsync(name)).ToList();
        Hale.Lab.Machine[] machines = [await booting[0], await booting[1]];
        await Task.WhenAll(machines.Select(machine => machine.WaitForBootAsync()));
        await PrepareAsync(machines);

        // Nobody answers for the third host.
        Fleet(machines, "first", gone: true);
        var (exit, frames, last) = await OnTerminalAsync(100);
        Assert.True(exit == 5, string.Join('\n', last));
        AssertLive(frames, last, "web", "db");
        Assert.Contains("web: generation 1 is running", last);
        Assert.Contains("db: generation 1 is running", last);
        Assert.Contains(last, line => line.Contains("gone: ", StringComparison.Ordinal));
        Assert.Contains("3 hosts: 2 as declared; not gone (5)", last);

        // One of them fails and goes back, where there is hardly room for a name.
        Fleet(machines, "second", command: "/bin/sh -c 'sleep 1; exit 1'");
        (exit, frames, last) = await OnTerminalAsync(40);
        Assert.True(exit == 3, string.Join('\n', last));
        AssertLive(frames, last, "web", "db");
        Assert.Contains("web: generation 2 is running", last);
        Assert.Contains("2 hosts: 1 as declared; not db (3)", last);

        // In a pipe, and on a terminal that can do nothing, there is no line that moves.
        Fleet(machines, "third");
        var piped = await RunAsync($"{Hale} deploy --all --yes </dev/null 2>&1 | cat");
        Assert.DoesNotContain('\u001b', piped.Said);
        Assert.Contains("web: generation 3 is running\n", piped.Said, StringComparison.Ordinal);
        foreach (var terminal in new[] { "TERM=dumb", "env -u TERM" })
        {
            var dumb = await RunAsync($"{terminal} script -qefc '{Hale} deploy --all --yes' /dev/null </dev/null");
            Assert.DoesNotContain('\u001b', dumb.Said);
            Assert.Contains("web: nothing to do", dumb.Said, StringComparison.Ordinal);
        }
    }

    /// <summary>Two hosts had a line at one time, each never more than one, in its place; at the end only what was said is left.</summary>
    private static void AssertLive(IReadOnlyList<IReadOnlyList<string>> frames, IReadOnlyList<string> last, params string[] hosts)
    {
        var drawn = frames.Select(frame => frame.Where(line => Live().IsMatch(line)).ToList()).Where(lines => lines.Count > 0).ToList();
        Assert.Contains(drawn, lines => hosts.All(host => lines.Any(line => line.Contains($" {host}: ", StringComparison.Ordinal))));
        Assert.All(drawn, lines => Assert.All(hosts, host =>
            Assert.True(lines.Count(line => line.Contains($" {host}: ", StringComparison.Ordinal)) <= 1, string.Join('\n', lines))));
        foreach (var host in hosts)
            Assert.True(drawn.Select(lines => lines.FirstOrDefault(line => line.Contains($" {host}: ", StringComparison.Ordinal))).OfType<string>().Distinct().Count() > 1, host);
        Assert.DoesNotContain(last, line => Live().IsMatch(line));
    }

    /// <summary>A spinner, what is done, and for how long.</summary>
    [GeneratedRegex(@"^\s*\S\s.*\d\d:\d\d:\d\d\s*$")]
    private static partial Regex Live();

    private async Task PrepareAsync(Hale.Lab.Machine[] machines)
    {
        var known = new StringBuilder();
        foreach (var machine in machines)
        {
            var key = (await File.ReadAllLinesAsync(machine.Ssh.KnownHostsFile)).First(line => line.Length > 0 && line[0] != '#').Split(' ', 2)[1];
            known.Append(CultureInfo.InvariantCulture, $"[{machine.Ssh.Host}]:{machine.Ssh.Port} {key}\n");
        }

        Write("etc/ssh_known_hosts", known.ToString());
        Write("etc/ssh_config", $"IdentityFile {machines[0].Ssh.IdentityFile}\nBatchMode yes\n");
        Directory.CreateDirectory(At("home"));
    }

    private void Fleet(Hale.Lab.Machine[] machines, string note, string command = "/bin/sleep 2", bool gone = false) => Write("fleet.cs", $$"""
        var fleet = new Fleet("example.org")
        {
            Hosts =
            {
                new Host("web") { Address = "root@{{machines[0].Ssh.Host}}", SshPort = {{machines[0].Ssh.Port}}, Modules = { new Job("/bin/sleep 2", "{{note}}") } },
                new Host("db") { Address = "root@{{machines[1].Ssh.Host}}", SshPort = {{machines[1].Ssh.Port}}, Modules = { new Job("{{command}}", "{{note}}") } },
                {{(gone ? "new Host(\"gone\") { Address = \"root@127.0.0.1\", SshPort = 1 }," : "")}}
            },
        };
        return await HaleCommand.RunAsync(args, fleet);

        sealed record Job(string Command, string Note) : Module
        {
            public override IEnumerable<Artifact> Realise(GatheredView host) =>
            [
                new Unit("job.service")
                {
                    WantedBy = ["multi-user.target"],
                    Body =
                    {
                        { "Unit", "Description", Note }, { "Service", "Type", "oneshot" }, { "Service", "RemainAfterExit", "yes" }, { "Service", "ExecStart", Command },
                    },
                },
            ];
        }
        """);

    private static string Hale => $"dotnet exec {Path.Combine(AppContext.BaseDirectory, "Hale.Launcher.dll")}";

    /// <summary>Deploys to all hosts on a terminal.</summary>
    /// <returns>The exit code, what the terminal showed after each piece of output, and what it shows at the end.</returns>
    private async Task<(int Exit, IReadOnlyList<IReadOnlyList<string>> Frames, IReadOnlyList<string> Last)> OnTerminalAsync(int columns)
    {
        var (screen, frames) = (new Screen(columns), new List<IReadOnlyList<string>>());
        // Between the moment that something is taken away and the one that it is drawn again lies no frame.
        var (exit, _) = await RunAsync($"TERM=xterm-256color script -qefc 'stty cols {columns} rows 24; exec {Hale} deploy --all --yes' /dev/null </dev/null", said =>
        {
            screen.Write(said);
            frames.Add(screen.Lines);
        });
        return (exit, frames, screen.Lines);
    }

    private async Task<(int Exit, string Said)> RunAsync(string script, Action<string>? heard = null)
    {
        // An ssh without anything of this computer's owner.
        Write("container", $"""
            set -e
            mount --bind {At("etc")} /etc/ssh
            [ ! -d /root/.ssh ] || mount -t tmpfs tmpfs /root/.ssh
            cd {folder.FullName}
            set -o pipefail
            timeout 240 bash --noprofile --norc -o pipefail step
            """);
        Write("step", script);
        var start = new ProcessStartInfo("unshare", ["--mount", "bash", At("container")]) { RedirectStandardOutput = true };
        start.Environment.Clear();
        foreach (var (name, value) in new[]
            {
                ("PATH", Environment.GetEnvironmentVariable("PATH")), ("HOME", At("home")), ("HALE_CACHE", LocalStore.DefaultFolder()),
                ("HALE_COMPILER_SERVER", "off"), ("HALE_SOURCE", Repository.At()), ("SHELL", "/bin/sh"), ("LC_ALL", "C.UTF-8"),
            })
            start.Environment[name] = value;
        using var bash = Process.Start(start)!;
        var (said, buffer) = (new StringBuilder(), new char[4096]);
        while (await bash.StandardOutput.ReadAsync(buffer) is var count and > 0)
        {
            said.Append(buffer, 0, count);
            heard?.Invoke(new string(buffer, 0, count));
        }

        await bash.WaitForExitAsync();
        return (bash.ExitCode, said.ToString());
    }

    private string At(string name) => Path.Combine(folder.FullName, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text + "\n", new UTF8Encoding(false));
    }
}
