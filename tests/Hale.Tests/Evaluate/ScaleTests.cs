using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests.Evaluate;

public sealed class ScaleTests
{
    [Fact]
    public void A_thousand_hosts_of_twenty_modules_come_to_a_thousand_plans_of_twenty_units()
    {
        var fleet = new Fleet("example.org");
        for (var number = 0; number < 1000; number++)
        {
            var host = new Host($"host-{number}");
            for (var module = 0; module < 20; module++)
                host.Modules.Add(new Numbered { Name = $"m{module}", Number = module });
            fleet.Hosts.Add(host);
        }

        var evaluation = Evaluator.Evaluate(fleet);

        Assert.Empty(evaluation.Problems);
        Assert.Equal(1000, evaluation.Plans.Count);
        Assert.All(evaluation.Plans, plan => Assert.Equal(20, plan.Units.Count(unit => unit.Name[0] == 'm'))); // beside Hale's own
    }

    private sealed record Numbered : Module
    {
        public int Number { get; init => Assign(ref field, value); }

        public override IEnumerable<Contribution> Contribute(HostView host) =>
            [new ListenPort(1000 + Number, $"m{Number}.service"), new UnitCheck($"m{Number}", $"m{Number}.service")];

        public override IEnumerable<Artifact> Realise(GatheredView host)
        {
            var config = new TextFile($"m{Number}.conf", $"host = {host.Host.Name}\nnumber = {Number}\n");
            yield return new Unit($"m{Number}.service")
            {
                WantedBy = ["multi-user.target"],
                Body = { Hardening.Strict, { "Service", "ExecStart", $"/usr/bin/run {config}" } },
            };
        }
    }
}
