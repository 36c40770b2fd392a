using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Tests;

/// <summary>A module as a user would write one in fleet.cs.</summary>
public sealed record Web : Module
{
    public Port Listen { get; init => Assign(ref field, value); } = 8080;

    public string Greeting { get; init => Assign(ref field, value); } = "hello";

    public EquatableArray<string> Aliases { get; init => Assign(ref field, value); } = [];

    public override IEnumerable<Contribution> Contribute(HostView host) =>
        [new ListenPort(Listen, "web.service"), new VirtualHost(host.Fleet.Domain) { Routes = [new ReverseProxy($"127.0.0.1:{Listen}")] }];

    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (Greeting.Length == 0)
            yield return new Problem("The greeting is empty.", "Say something.") { Setting = nameof(Greeting) };
    }

    public override IEnumerable<Artifact> Realise(GatheredView host)
    {
        var page = new TextFile("page.html", $"{Greeting} from {host.Fleet.Organization}\n");
        yield return new Unit("web.service")
        {
            WantedBy = ["multi-user.target"],
            Body = { { "Unit", "Description", "A page" }, { "Service", "ExecStart", $"/usr/bin/serve --port {Listen} {page}" } },
            Credentials = [("token", Secret.Generated("web/token"))],
        };
        yield return new SystemUser("web") { Description = "Serves the page" };
    }

    public override IEnumerable<Module> InLab() => [new Web { Greeting = "hello, lab" }];
}

/// <summary>A module whose setting does not record who set it.</summary>
public sealed record Careless : Module
{
    public string Colour { get; init; } = "grey";
}

internal static class Samples
{
    public static Fleet Fleet(params Module[] modules)
    {
        var fleet = new Fleet("example.org") { Organization = "Example" };
        var host = new Host("one");
        foreach (var module in modules)
            host.Modules.Add(module);
        fleet.Hosts.Add(host);
        return fleet;
    }

    public static HostPlan Plan(Fleet fleet, bool inLab = false)
    {
        var evaluation = Evaluator.Evaluate(fleet, inLab);
        Assert.Empty(evaluation.Problems);
        return Assert.Single(evaluation.Plans);
    }

    public static string UnitText(HostPlan plan, string name) =>
        plan.UnitFiles.Single(file => file.Name == name).Content.ToString();

    public static int LineOf(string text, [System.Runtime.CompilerServices.CallerFilePath] string file = "") =>
        Array.FindIndex(File.ReadAllLines(file), line => line.Contains(text, StringComparison.Ordinal)) + 1;
}
