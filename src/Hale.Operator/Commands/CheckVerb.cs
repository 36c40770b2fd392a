using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Operator.Build;
using Hale.Produce;
using Hale.Store.Lock;

namespace Hale.Operator;

/// <summary><c>hale check</c>: is the declaration sound, and does hale.lock answer it? Nothing is built, nothing leaves this computer.</summary>
internal static class CheckVerb
{
    private const int MostListed = 20;

    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to tell about; all of them are checked.");
        var show = new Option<bool>("--show") { Description = "Print the whole plan: units, files, what is built." };
        var verb = new Verb("check", "Say whether the fleet is sound, and everything that is wrong with it.")
        {
            Examples =
            [
                ("hale check", "check the fleet of this folder"),
                ("hale check ohana --show", "and print what the host comes to"),
                ("hale check --locked", "hale.lock has every source too, also those of trials"),
            ],
        };
        verb.Add(hosts);
        verb.Add(show);
        verb.SetAction(parsed =>
        {
            var named = parsed.GetValue(hosts) ?? [];
            var path = Sources.LockPath(context.FleetFolder);
            var complete = parsed.GetValue(context.Options.Locked);
            // Read while the fleet is evaluated; what is wrong with it is told after what is wrong with the fleet.
            var locked = complete || File.Exists(path) ? Task.Run(() => LockFile.Read(path)) : null;
            var plans = context.Evaluate(named);
            if (locked is not null)
                RequireLock(context, named.Length == 0 ? plans : context.Evaluate([]), locked.GetAwaiter().GetResult(), path, complete);
            Tell(plans, context, parsed.GetValue(context.Options.Json), parsed.GetValue(show), parsed.GetValue(context.Options.Quiet));
            return 0;
        });
        return verb;
    }

    // What a build would refuse. Without --locked a build adds what is missing, and no machine of the lab is thought of.
    private static void RequireLock(VerbContext context, IReadOnlyList<HostPlan> plans, LockFile locked, string path, bool complete) =>
        PinnedSources.Require(
            PinnedSources.Of(complete ? [.. plans, .. context.Evaluate([], inLab: true)] : plans), locked, path, mayAdd: !complete);

    private static void Tell(IReadOnlyList<HostPlan> plans, VerbContext context, bool json, bool show, bool quiet)
    {
        var output = context.Surroundings.Out;
        if (json)
        {
            output.WriteLine(
                JsonSerializer.Serialize(
                    new CheckResult([.. plans.Select(plan => HostSummary.Of(plan, show))]),
                    new CheckJson(ResultJson.Document()).CheckResult));
            return;
        }
        if (show)
            foreach (var plan in plans)
                output.Write(PlanText.Render(plan));
        if (show || quiet)
            return;
        foreach (var plan in plans.Take(MostListed))
            output.WriteLine(
                $"{plan.Host.Name}: {Count(plan.Units.Count, "unit")}, {Count(plan.Files.Count, "file")}, {Count(plan.Secrets.Count, "secret")}, {Count(plan.Checks.Count, "health check")}");
        if (plans.Count > MostListed)
            output.WriteLine($"and {plans.Count - MostListed} more hosts");
        output.WriteLine($"{context.Fleet.Domain}: sound");
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}

/// <summary>What <c>hale check --json</c> gives for a sound fleet.</summary>
/// <param name="Hosts">Each host.</param>
internal sealed record CheckResult(IReadOnlyList<HostSummary> Hosts);

/// <summary>A host in few words.</summary>
internal sealed record HostSummary(
    string Name, string Platform, string? Address, IReadOnlyList<string> Units, IReadOnlyList<string> Files,
    IReadOnlyList<string> Secrets, IReadOnlyList<string> Checks, IReadOnlyList<string> Ports, string? Plan)
{
    public static HostSummary Of(HostPlan plan, bool withText) => new(
        plan.Host.Name,
        plan.Host.Platform.ToString().ToLowerInvariant(),
        plan.Host.Address,
        [.. plan.Units.Select(unit => unit.Name)],
        [.. plan.Files.Select(file => file.Path)],
        [.. plan.Secrets.Select(secret => secret.Secret.Name)],
        [.. plan.Checks.Select(check => check.Name)],
        [.. plan.Ports.Select(port => port.Label)],
        withText ? PlanText.Render(plan) : null);
}

[JsonSerializable(typeof(CheckResult))]
internal sealed partial class CheckJson : JsonSerializerContext;
