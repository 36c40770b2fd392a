using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Operator.Tests;

/// <summary>A module of texts alone: it needs nothing from outside.</summary>
internal sealed record Hello : Module
{
    public string Greeting { get; init => Assign(ref field, value); } = "hello";

    public Port Listen { get; init => Assign(ref field, value); } = 8080;

    public override IEnumerable<Contribution> Contribute(HostView host) =>
        [new ListenPort(Listen, "hello.service"), new FirewallPort(Listen), new UnitCheck("Hello runs", "hello.service"), new Reachable("Hello", $"http://{host.Host.Name}:{Listen}/")];

    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (Greeting.Length > 20)
            yield return new Problem($"The greeting \"{Greeting}\" is longer than 20 characters.", "Take a shorter one.")
            { Setting = nameof(Greeting) };
        if (Listen.Number < 1024)
            yield return new Problem($"Port {Listen} is root's.", "Take one above 1023.") { Setting = nameof(Listen) };
    }

    public override IEnumerable<Artifact> Realise(GatheredView host)
    {
        var text = new TextFile("hello.txt", Greeting + "\n");
        var file = new EtcFile("/etc/hello.txt", text);
        yield return file;
        yield return new EtcFile("/etc/hello.d", new LinkFolder("hello.d", [("one.txt", text)]));
        yield return new Unit("hello.service")
        {
            WantedBy = ["multi-user.target"],
            RestartOn = [text],
            Credentials = [("token", Secret.Generated("hello/token"))],
            Body = { { "Service", "ExecStart", $"/usr/bin/sleep infinity {new TextFile("argument", $"see {text}")}" } },
        };
    }
}

/// <summary>A module that takes something from Debian.</summary>
internal sealed record Packaged(string Root, params string[] Packages) : Module
{
    public override IEnumerable<Artifact> Realise(GatheredView host) =>
        [new EtcFile($"/etc/{Root}", new TextFile(Root, $"{new DebianRoot(Root, [.. Packages])}\n"))];
}

internal static class Samples
{
    public static Fleet Fleet(params Host[] hosts)
    {
        var fleet = new Fleet("example.org");
        foreach (var host in hosts)
            fleet.Hosts.Add(host);
        return fleet;
    }

    public static Host Host(string name, params Module[] modules)
    {
        var host = new Host(name);
        foreach (var module in modules)
            host.Modules.Add(module);
        return host;
    }
}
