using System.Diagnostics;
using Hale.Declare;
using Hale.Operator.Deploy;
using Hale.Store;

namespace Hale.Operator.Tests.Deploy;

public sealed class MachineFactsTests
{
    private const string Good = "uid\t0\nos\tdebian 13\nname\tDebian GNU/Linux 13 (trixie)\nmachine\tx86_64\nsystemd\tyes\nfree\t1000\nend\tyes\n";

    [Fact]
    public void A_fresh_Debian_13_is_accepted()
    {
        var facts = MachineFacts.Read(Good)!;
        facts.Require("root@h", Platform.X64);
        Assert.Equal((1024_000, null, false), (facts.Free, facts.System, facts.IsWhole));
    }

    [Theory]
    [InlineData("uid\t0", "uid\t1000", "lets us in as a user who is not root")]
    [InlineData("debian 13", "debian 12", "runs Debian GNU/Linux 13 (trixie); Hale deploys to Debian 13")]
    [InlineData("x86_64", "aarch64", "is of the architecture aarch64, and is declared as X64")]
    [InlineData("systemd\tyes\n", "", "was not started by systemd")]
    [InlineData("free\t", "lacks\ttar\nfree\t", "lacks tar")]
    public void Another_machine_is_refused_each_with_a_hint(string good, string bad, string message)
    {
        var error = Assert.Throws<UserError>(
            () => MachineFacts.Read(Good.Replace(good, bad, StringComparison.Ordinal))!.Require("root@h", Platform.X64));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        Assert.Equal(1, error.ExitCode);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once() =>
        Assert.Equal(
            5, Assert.Throws<UserError>(() => MachineFacts.Read("end\tyes\n")!.Require("root@h", Platform.X64)).Message.Split(
                '\n').Length + 1);

    [Fact]
    public void An_answer_that_was_cut_off_is_none() =>
        Assert.Null(MachineFacts.Read(Good.Replace("end\tyes\n", "", StringComparison.Ordinal)));

    [Fact]
    public async Task The_script_runs_in_a_plain_shell()
    {
        using var shell = Process.Start(
            new ProcessStartInfo(
                "sh", ["-s", "--", "/nix/store/nothing-is-here"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true
            })!;
        await shell.StandardInput.WriteAsync(Scripts.Preflight);
        shell.StandardInput.Close();
        var error = shell.StandardError.ReadToEndAsync();
        var facts = MachineFacts.Read(await shell.StandardOutput.ReadToEndAsync())!;
        Assert.Equal("", await error);
        Assert.True(facts.Free > 0);
        Assert.True(facts.FreeNames is null or > 0);
        Assert.NotEmpty(facts.Os);
        Assert.Empty(facts.Has);
    }
}
