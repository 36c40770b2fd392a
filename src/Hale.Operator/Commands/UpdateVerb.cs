using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hale.Operator.Build;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Lock;

namespace Hale.Operator;

/// <summary><c>hale update</c>: renews what <c>hale.lock</c> pins, and shows what that changes. All of it or nothing is written.</summary>
internal static class UpdateVerb
{
    public static Verb Create(VerbContext context)
    {
        var names = new Argument<string[]>("NAME")
        {
            Description = "Sources to renew, such as caddy; all where none is named.",
            HelpName = "NAME",
            Arity = ArgumentArity.ZeroOrMore,
            DefaultValueFactory = _ => []
        };
        names.CompletionSources.Add(_ => Locked(context));
        var verb = new Verb("update", "Renew hale.lock from the archives, and show old and new versions.")
        {
            Examples = [("hale update", "everything"), ("hale update caddy", "one source, all others stay as they are")],
        };
        verb.Add(names);
        verb.SetAction((parsed, cancellation) => RunAsync(context, parsed, parsed.GetValue(names) ?? [], cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(
        VerbContext context, ParseResult parsed, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        // A machine of the lab may need sources of its own.
        var plans = context.Evaluate([]).Concat(context.Evaluate([], inLab: true)).ToList();
        var path = Sources.LockPath(context.FleetFolder);
        var old = LockFile.Read(path);
        LockFile updated;
        var workshop = Workshop.Open(context, parsed, plans);
        await using (workshop.ConfigureAwait(false))
            updated = await workshop.Builder.UpdateAsync(plans, names, old, cancellation).ConfigureAwait(false);

        var changes = LockDiff.Between(old, updated);
        if (changes.Count > 0)
            updated.Write(path);
        var output = context.Surroundings.Out;
        if (parsed.GetValue(context.Options.Json))
            output.WriteLine(JsonSerializer.Serialize(new UpdateResult(changes), new UpdateJson(ResultJson.Document()).UpdateResult));
        else if (changes.Count == 0)
            output.WriteLine($"hale.lock is up to date ({updated.Entries.Count} {(updated.Entries.Count == 1 ? "entry" : "entries")})");
        else
            foreach (var change in changes)
                output.WriteLine(change);
        return 0;
    }

    private static IEnumerable<string> Locked(VerbContext context)
    {
        try
        {
            return LockFile.Read(Sources.LockPath(context.FleetFolder)).Entries.Keys.Select(LockKeeper.Short).Distinct();
        }
        catch (UserError)
        {
            return [];
        }
    }
}

/// <summary>What <c>hale update --json</c> gives.</summary>
/// <param name="Changes">What differs, by entry and package.</param>
internal sealed record UpdateResult(IReadOnlyList<LockChange> Changes);

[JsonSerializable(typeof(UpdateResult))]
internal sealed partial class UpdateJson : JsonSerializerContext;
