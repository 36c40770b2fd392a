using System.Diagnostics;
using System.Globalization;
using System.Text;
using Hale.Catalogue.Tests;
using Hale.Store.Local;

namespace Lab.Tests.Deploy;

/// <summary>The example's workflow, as far as it can run here: its step that deploys, with ssh and nothing else of a person's.</summary>
public sealed class PushTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("hale-push-");

    public void Dispose() => folder.Delete(recursive: true);

    [LabFact]
    public async Task The_workflow_of_the_example_deploys_from_an_environment_that_has_ssh_alone()
    {
        await using var lab = await LabFixture.StartAsync();
        var machine = await lab.BootAsync("one");
        await machine.WaitForBootAsync();
        var (ssh, place) = (machine.Ssh, $"[{machine.Ssh.Host}]:{machine.Ssh.Port.ToString(CultureInfo.InvariantCulture)}");
        Write("fleet.cs", $$"""
            var fleet = new Fleet("example.org")
            {
                Hosts = { new Host("ohana") { Address = "{{ssh.User}}@{{ssh.Host}}", SshPort = {{ssh.Port}}, Contributions = { new FirewallPort(8080) } } },
            };
            return await HaleCommand.RunAsync(args, fleet);
            """);
        Write("hale/hale", $"#!/bin/sh\nexec dotnet exec {Path.Combine(AppContext.BaseDirectory, "Hale.Launcher.dll")} \"$@\"\n");
        File.SetUnixFileMode(At("hale/hale"), (UnixFileMode)0b111_101_101);
        foreach (var own in new[] { "home", "etc" })
            Directory.CreateDirectory(At(own));
        var known = (await File.ReadAllLinesAsync(ssh.KnownHostsFile)).First(line => line.Length > 0 && line[0] != '#');
        var secrets = new Dictionary<string, string>
        {
            ["SSH_KEY"] = await File.ReadAllTextAsync(ssh.IdentityFile),
            ["KNOWN_HOSTS"] = $"{place} {known.Split(' ', 2)[1]}",
        };

        // What is committed beside fleet.cs.
        var built = await BashAsync("hale/hale build", []);
        Assert.True(built.Exit == 0, built.Said);
        var deployed = await BashAsync(Step(), secrets);
        Assert.True(deployed.Exit == 0, deployed.Said);
        Assert.Contains("ohana: generation 1 is running", deployed.Said, StringComparison.Ordinal);
        await machine.SucceedAsync("systemctl is-active hale-gc.timer");

        var stranger = await BashAsync(Step(), new(secrets) { ["KNOWN_HOSTS"] = "" });
        Assert.Equal(5, stranger.Exit);
        Assert.Contains("is not known to this computer yet", stranger.Said, StringComparison.Ordinal);
    }

    private static string Step()
    {
        var lines = File.ReadAllLines(Repository.At("examples", "ohana", ".github", "workflows", "deploy.yml"));
        return string.Join('\n', lines.SkipWhile(line => line.Trim() != "run: |").Skip(1).Select(line => line.Trim()));
    }

    /// <summary>Runs a script as the workflow's container would: no variable but these, an empty home, an /etc/ssh and a /root/.ssh of its own.</summary>
    private async Task<(int Exit, string Said)> BashAsync(string script, Dictionary<string, string> variables)
    {
        Write("step", script);
        var set = string.Concat(variables.Select(one => $"export {one.Key}={Quoted(one.Value)}\n"));
        Write("container", $"""
            set -e
            mount --bind {At("etc")} /etc/ssh
            [ ! -d /root/.ssh ] || mount -t tmpfs tmpfs /root/.ssh
            {set}
            cd {folder.FullName}
            exec bash --noprofile --norc -e -o pipefail step
            """);
        var start = new ProcessStartInfo("unshare", ["--mount", "bash", At("container")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        start.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH");
        start.Environment["HOME"] = At("home");
        start.Environment["HALE_CACHE"] = LocalStore.DefaultFolder();
        start.Environment["HALE_COMPILER_SERVER"] = "off";
        start.Environment["HALE_SOURCE"] = Repository.At();
        using var bash = Process.Start(start)!;
        var error = bash.StandardError.ReadToEndAsync();
        var said = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return (bash.ExitCode, said + await error);
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private string At(string name) => Path.Combine(folder.FullName, name);

    private void Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), text + "\n", new UTF8Encoding(false));
    }
}
