using System.CommandLine;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale generations HOST pin</c>, <c>unpin</c> and <c>delete</c>: which generations a machine keeps.</summary>
internal static class KeepVerbs
{
    public static Verb Pin(VerbContext context, Argument<string[]> hosts) => Create(
        context, hosts, "pin", "Keep generations, whatever hale gc deletes.", "Numbers of the generations to keep.", "pinned", "pinned already",
        ("hale generations ohana pin 3", "for as long as it is pinned, hale rollback --to 3 works"));

    public static Verb Unpin(VerbContext context, Argument<string[]> hosts) => Create(
        context, hosts, "unpin", "Let hale gc delete generations that were pinned.", "Numbers of the generations.", "no longer pinned", "not pinned anyway",
        ("hale generations ohana unpin 3", "it goes when it is old enough"));

    public static Verb Delete(VerbContext context, Argument<string[]> hosts) => Create(
        context, hosts, "delete", "Forget generations: not the current one, nor the one before it, nor one that is pinned.",
        "Numbers of the generations to forget.", "deleted; hale gc frees what they alone needed", "gone already",
        ("hale generations ohana delete 1 2", "all of them, or none where one must stay"));

    /// <summary>The one host whose generations are meant.</summary>
    /// <exception cref="UserError">Several are named, or none of several.</exception>
    public static IReadOnlyList<string> OneOf(VerbContext context, ParseResult parsed, Argument<string[]> hosts)
    {
        var chosen = context.Chosen(parsed.GetValue(hosts) ?? [], all: false);
        return chosen.Count <= 1 ? chosen : throw new UserError(
            $"Generations are those of one host, and {chosen.Count} are named.", $"Name one: {Nearest.List([.. chosen])}")
        { ExitCode = HaleCommand.Usage };
    }

    private static Verb Create(
        VerbContext context, Argument<string[]> hosts, string name, string description, string numbersDescription, string done, string nothing,
        (string, string) example)
    {
        var numbers = GenerationNumbers.Several(numbersDescription);
        var verb = new Verb(name, description) { WritesJsonLines = true, Examples = [example] };
        verb.Add(numbers);
        verb.SetAction((parsed, cancellation) =>
        {
            var chosen = parsed.GetRequiredValue(numbers);
            return MachineVerbs.RunAsync(
                context, parsed, OneOf(context, parsed, hosts), [name, "--generations", string.Join(',', chosen), "--by", context.Surroundings.Who],
                (host, events) => MachineVerbs.Ended(
                    context, parsed, host, events,
                    result => $"generation{(chosen.Length > 1 ? "s" : "")} {string.Join(", ", chosen)}: {(result.Outcome == Outcome.Nothing ? nothing : done)}"),
                cancellation);
        });
        return verb;
    }
}
