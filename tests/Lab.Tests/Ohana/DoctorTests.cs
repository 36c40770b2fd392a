using Hale.Operator;
using Hale.Operator.Deploy;

namespace Lab.Tests.Ohana;

/// <summary>The doctor looks at a real gateway and homeserver, and sees when they are away.</summary>
[Collection(OhanaMachine.Name)]
public sealed class DoctorTests(OhanaFixture ohana)
{
    [LabFact]
    public async Task The_doctor_finds_the_family_well_and_sees_a_gateway_that_is_stopped()
    {
        var well = await DoctorAsync();
        foreach (var look in new[]
        {
            "certificate of ohana-matrix.xyz", "certificate of chat.ohana-matrix.xyz", "clock at ohana-matrix.xyz", "well-known of clients", "versions of the client API", "clients in a browser",
            "registration without an invite", "administration from outside", "federation is off at ohana-matrix.xyz:443", "the machine's clock", "disk at /",
        })
            Assert.Contains($"  ✓ {look}", well, StringComparison.Ordinal);

        await ohana.Machine.SucceedAsync("systemctl stop caddy.service");
        try
        {
            var away = await DoctorAsync();
            Assert.Contains("  ✗ certificate of ohana-matrix.xyz", away, StringComparison.Ordinal);
            Assert.Contains("  ? versions of the client API", away, StringComparison.Ordinal);
            Assert.Contains("  ✓ the machine's clock", away, StringComparison.Ordinal);
        }
        finally
        {
            await ohana.Machine.SucceedAsync("systemctl start caddy.service");
        }
    }

    private async Task<string> DoctorAsync()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var context = new VerbContext
        {
            Fleet = await OhanaFixture.DeclareAsync(),
            FleetFile = "/nowhere/fleet.cs",
            TargetOf = _ => new SshTarget(ohana.Machine.Ssh.Destination) { Options = ohana.Machine.Ssh.Options },
            Surroundings = Surroundings.OfProcess() with { Out = output, Error = output, IsTerminal = false, Color = false },
        };
        var exit = await HaleCommand.RunAsync(
            ["doctor", "ohana", "--resolve", $"*=127.0.0.1:{ohana.Https}", "--ca", ohana.Certificate, "--timeout", "60"], context, CancellationToken.None);
        Assert.True(exit is 0 or 9, output.ToString());
        return output.ToString();
    }
}
