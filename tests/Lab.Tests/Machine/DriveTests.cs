using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Hale.Lab;
using Hale.Store;
using Xunit.Abstractions;

namespace Lab.Tests;

/// <summary>What a script does with a machine: commands, waits, copies, ports.</summary>
[Collection(SharedLab.Name)]
public sealed class DriveTests(LabFixture lab, ITestOutputHelper output)
{
    private Hale.Lab.Machine Machine => lab.Shared;

    [LabFact]
    public async Task A_command_gives_its_exit_code_and_both_streams()
    {
        var result = await Machine.RunAsync("echo out; echo 'it'\\''s an error' >&2; exit 3");
        Assert.Equal((3, "out\n", "it's an error\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Equal(255, (await Machine.RunAsync("exit 255")).ExitCode);
        Assert.Equal("given", await Machine.SucceedAsync("cat", input: "given"));
        Assert.Equal("", await Machine.SucceedAsync("cat"));
        await Machine.FailAsync("false | true");
    }

    [LabFact]
    public async Task A_wrong_outcome_is_an_assertion_that_shows_command_code_and_output()
    {
        var failed = await Assert.ThrowsAsync<MachineAssertionException>(() => Machine.SucceedAsync("echo seen; echo why >&2; exit 7"));
        foreach (var part in new[] { "shared", "echo seen", "exit code: 7", "seen", "why" })
            Assert.Contains(part, failed.Message, StringComparison.Ordinal);

        var succeeded = await Assert.ThrowsAsync<MachineAssertionException>(() => Machine.FailAsync("echo fine"));
        Assert.Contains("fine", succeeded.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_command_that_does_not_end_is_ended_here_and_there()
    {
        var watch = Stopwatch.StartNew();
        var late = await Assert.ThrowsAsync<MachineAssertionException>(
            () => Machine.RunAsync("echo begun; sleep 4711", TimeSpan.FromSeconds(1)));
        Assert.Contains("did not end within 1 s", late.Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 7);
        await Machine.FailAsync("pgrep -f 'sleep 471[1]'");
    }

    [LabFact]
    public async Task A_failed_unit_fails_the_wait_at_once_with_its_journal()
    {
        await Machine.SucceedAsync("systemd-run --no-block --unit=broken sh -c 'sleep 0.5; echo the reason; exit 4'");
        var watch = Stopwatch.StartNew();
        var failed = await Assert.ThrowsAsync<MachineAssertionException>(async () =>
        {
            await Machine.WaitForUnitAsync("broken.service");
            await Task.Delay(700);
            await Machine.WaitForUnitAsync("broken.service");
        });
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        Assert.Contains("broken.service failed", failed.Message, StringComparison.Ordinal);
        Assert.Contains("the reason", failed.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_unit_that_nothing_will_start_or_that_does_not_exist_fails_the_wait_at_once()
    {
        var watch = Stopwatch.StartNew();
        await Machine.SucceedAsync(
            "printf '[Service]\\nExecStart=/bin/sleep 1000\\n' > /run/systemd/system/idle.service && systemctl daemon-reload");
        var idle = await Assert.ThrowsAsync<MachineAssertionException>(() => Machine.WaitForUnitAsync("idle.service"));
        Assert.Contains("nothing is queued that could start it", idle.Message, StringComparison.Ordinal);
        var missing = await Assert.ThrowsAsync<MachineAssertionException>(() => Machine.WaitForUnitAsync("no-such.service"));
        Assert.Contains("not-found", missing.Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
    }

    [LabFact]
    public async Task A_unit_that_starts_slowly_is_waited_for_and_its_state_tells_its_process_and_invocation()
    {
        await Machine.SucceedAsync("systemd-run --no-block --unit=slow --property=Type=notify --property=NotifyAccess=all "
            + "sh -c 'sleep 1; systemd-notify --ready; exec sleep 1000'");
        var state = await Machine.WaitForUnitAsync("slow.service");
        Assert.True(state is { ActiveState: "active", MainProcessId: > 1, InvocationId.Length: 32, Restarts: 0 }, state.ToString());

        await Machine.SucceedAsync("systemctl restart --no-block slow.service; sleep 0.2");
        var restarted = await Machine.WaitForUnitAsync("slow.service");
        Assert.NotEqual(state.InvocationId, restarted.InvocationId);
        await Machine.SucceedAsync("systemctl stop slow.service");
    }

    [LabFact]
    public async Task Files_are_waited_for_and_ports_too()
    {
        await Machine.SucceedAsync("systemd-run --unit=late sh -c 'sleep 0.5; touch /run/late-file'");
        await Machine.WaitForFileAsync("/run/late-file");
        await Machine.WaitForPortAsync(22);

        var closed = await Assert.ThrowsAsync<MachineAssertionException>(() => Machine.WaitForPortAsync(4242, TimeSpan.FromSeconds(0.3)));
        Assert.Contains("0.0.0.0:22", closed.Message, StringComparison.Ordinal);
        var absent = await Assert.ThrowsAsync<MachineAssertionException>(
            () => Machine.WaitForFileAsync("/run/no-file", TimeSpan.FromSeconds(0.3)));
        Assert.Contains("late-file", absent.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Files_and_folders_are_copied_in_and_out()
    {
        var here = Directory.CreateTempSubdirectory("hale-lab-copy-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(here, "in/deep"));
            var bytes = new byte[1_000_000];
            Random.Shared.NextBytes(bytes);
            await File.WriteAllBytesAsync(Path.Combine(here, "in/deep/data"), bytes);
            await File.WriteAllTextAsync(Path.Combine(here, "in/run"), "#!/bin/sh\necho ran\n");
            File.SetUnixFileMode(Path.Combine(here, "in/run"), (UnixFileMode)0b111_101_101);
            File.CreateSymbolicLink(Path.Combine(here, "in/link"), "deep/data");

            await Machine.CopyInAsync(Path.Combine(here, "in"), "/srv/copied/it's here");
            Assert.Equal("ran\n", await Machine.SucceedAsync("'/srv/copied/it'\\''s here/run'"));
            await Machine.CopyOutAsync("/srv/copied/it's here", Path.Combine(here, "out"));
            Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(here, "out/link")));

            await Machine.CopyInAsync(Path.Combine(here, "in/run"), "/srv/copied/run");
            Assert.Equal("755", (await Machine.SucceedAsync("stat -c %a /srv/copied/run")).Trim());
            await Machine.CopyOutAsync("/srv/copied/run", Path.Combine(here, "run"));
            Assert.Equal("#!/bin/sh\necho ran\n", await File.ReadAllTextAsync(Path.Combine(here, "run")));

            await Assert.ThrowsAsync<UserError>(() => Machine.CopyInAsync(Path.Combine(here, "absent"), "/srv/x"));
            await Assert.ThrowsAsync<MachineAssertionException>(() => Machine.CopyOutAsync("/srv/absent", Path.Combine(here, "x")));
        }
        finally
        {
            Directory.Delete(here, recursive: true);
        }
    }

    [LabFact]
    public async Task A_forwarded_port_carries_data_both_ways_and_passes_on_the_end_of_one()
    {
        await Machine.SucceedAsync("""
            cd /run/systemd/system
            printf '[Socket]\nListenStream=7007\nAccept=yes\n' > echo.socket
            printf '[Service]\nExecStart=/bin/cat\nStandardInput=socket\n' > echo@.service
            systemctl daemon-reload && systemctl start echo.socket
            """);
        await using var forward = Machine.Forward(7007);
        var sent = new byte[32 * 1024 * 1024];
        Random.Shared.NextBytes(sent);

        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, forward.LocalPort);
        var watch = Stopwatch.StartNew();
        await using var stream = new NetworkStream(socket);
        var sending = Task.Run(async () =>
        {
            await stream.WriteAsync(sent);
            socket.Shutdown(SocketShutdown.Send);
        });
        using var received = new MemoryStream();
        await stream.CopyToAsync(received);
        await sending;
        output.WriteLine($"echo of {sent.Length / 1024 / 1024} MB: {watch.Elapsed.TotalSeconds:0.00} s");
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()), "what came back differs from what was sent");

        var taken = Assert.Throws<UserError>(() => Machine.Forward(7007, forward.LocalPort));
        Assert.Contains($"Port {forward.LocalPort}", taken.Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Any_ssh_client_gets_in_with_the_exact_host_key_and_none_without_it()
    {
        Assert.Equal("shared\n", await Command.SucceedAsync("ssh", [.. Machine.Ssh.Options, Machine.Ssh.Destination, "hostname"]));

        var stranger = Path.GetTempFileName();
        var wrong = Machine.Ssh with { KnownHostsFile = stranger };
        var refused = await Command.RunAsync("ssh", [.. wrong.Options, wrong.Destination, "hostname"]);
        File.Delete(stranger);
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Host key verification failed", refused.Error, StringComparison.Ordinal);
    }
}
