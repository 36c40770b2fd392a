using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Store.Text;

namespace Hale.Operator;

/// <summary><c>hale build</c>: everything that a host comes to, in the store of this computer.</summary>
internal static class BuildVerb
{
    public static Verb Create(VerbContext context)
    {
        var hosts = CommonOptions.Hosts(context, "Hosts to build; all where none is named.");
        var verb = new Verb("build", "Build the systems of hosts on this computer, and lock what is not locked yet.")
        {
            Examples =
            [
                ("hale build", "build every host"),
                ("hale build ohana --locked", "fail rather than change hale.lock"),
                ("hale build ohana --override caddy=./caddy-root", "with a root of one's own in place of a pinned one"),
            ],
        };
        verb.Add(hosts);
        verb.SetAction(async (parsed, cancellation) =>
        {
            var plans = context.Evaluate(parsed.GetValue(hosts) ?? []);
            var built = new List<BuiltSystem>();
            var workshop = Workshop.Open(context, parsed, plans);
            await using (workshop.ConfigureAwait(false))
                foreach (var plan in plans)
                    built.Add(await workshop.Builder.BuildAsync(plan, cancellation).ConfigureAwait(false));
            var output = context.Surroundings.Out;
            if (parsed.GetValue(context.Options.Json))
                output.WriteLine(
                    JsonSerializer.Serialize(
                        new BuildResult([.. built.Select(JsonSystem.Of)]), new BuildJson(ResultJson.Document()).BuildResult));
            else
                foreach (var system in built)
                    output.WriteLine(
                        $"{system.Plan.Host.Name}: {system.System} ({system.Closure.Count} paths, {ByteSize.Text(system.Size)})");
            return 0;
        });
        return verb;
    }
}

/// <summary>What <c>hale build --json</c> gives.</summary>
/// <param name="Systems">Each host's.</param>
internal sealed record BuildResult(IReadOnlyList<JsonSystem> Systems);

/// <summary>A built system.</summary>
internal sealed record JsonSystem(
    string Host, string System, long Size, IReadOnlyList<string> Closure, IReadOnlyDictionary<string, string> Packages,
    IReadOnlyList<string> Overridden)
{
    public static JsonSystem Of(BuiltSystem system) => new(
        system.Plan.Host.Name, system.System.ToString(), system.Size, [.. system.Closure.Select(path => path.Path.ToString())],
        system.Manifest.Packages, system.Overridden);
}

[JsonSerializable(typeof(BuildResult))]
internal sealed partial class BuildJson : JsonSerializerContext;
