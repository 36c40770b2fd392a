using Hale.Operator.Deploy;

namespace Hale.Operator.Tests.Deploy;

public sealed class SshFailureTests
{
    [Theory]
    [InlineData("ssh: Could not resolve hostname nowhere: Name or service not known", false, "cannot be found")]
    [InlineData("ssh: connect to host h port 22: Connection refused", false, "is there, but refuses ssh")]
    [InlineData("ssh: connect to host h port 22: Connection timed out", false, "does not answer")]
    [InlineData("ssh: connect to host h port 22: No route to host", false, "does not answer")]
    [InlineData("@@@@\n@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\n@@@@\nHost key verification failed.", false, "shows another host key than before")]
    [InlineData("No ED25519 host key is known for h and you have requested strict checking.\nHost key verification failed.", false, "is not known to this computer yet")]
    [InlineData("root@h: Permission denied (publickey,password).", false, "refuses the key")]
    [InlineData("Timeout, server h not responding.", true, "The connection to root@h was lost")]
    [InlineData("client_loop: send disconnect: Broken pipe", true, "The connection to root@h was lost")]
    [InlineData("", false, "ssh ended without a word")]
    public void What_ssh_says_is_told_apart_each_with_a_hint_and_exit_code_5(string said, bool wasOpen, string message)
    {
        var error = SshFailure.Explain(new SshTarget("root@h"), said, wasOpen);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
        Assert.Equal(5, error.ExitCode);
    }

    [Fact]
    public async Task A_machine_out_of_reach_ends_the_command_with_5()
    {
        using var scratch = new Scratch();
        var host = Samples.Host("one", new Hello()) with { Address = "root@127.0.0.1", SshPort = 1 };
        var run = await CommandRun.OfAsync(Samples.Fleet(host), ["generations", "one"], scratch.At("cache"), scratch.At("fleet.cs"));
        Assert.Equal(5, run.Exit);
        Assert.Contains("root@127.0.0.1 is there, but refuses ssh", run.Error, StringComparison.Ordinal);

        var json = await CommandRun.OfAsync(
            Samples.Fleet(host), ["generations", "one", "--json"], scratch.At("cache"), scratch.At("fleet.cs"));
        Assert.StartsWith(
            "{\"event\":\"result\",\"host\":\"one\",\"outcome\":\"unreachable\",\"exitCode\":5,", json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_without_an_address_can_be_tried_but_not_deployed()
    {
        var run = await CommandRun.OfAsync(Samples.Fleet(Samples.Host("one", new Hello())), ["deploy", "one", "--yes"]);
        Assert.Equal(1, run.Exit);
        Assert.Contains("The host one has no address", run.Error, StringComparison.Ordinal);
        Assert.Contains("hale try one", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 6, 6)]
    [InlineData(7, 3, 7)]
    [InlineData(5, 7, 7)]
    [InlineData(4, 7, 4)]
    [InlineData(1, 0, 1)]
    public void Of_several_hosts_the_worst_exit_code_counts(int one, int other, int worst)
    {
        Assert.Equal(worst, DeployVerb.Worse(one, other));
        Assert.Equal(worst, DeployVerb.Worse(other, one));
    }
}
