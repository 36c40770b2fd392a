using System.CommandLine;
using Hale.Operator.Deploy;
using Hale.Operator.Diagnose;
using Hale.Operator.Secrets.Machine;
using Hale.Store.Closure;

namespace Hale.Operator;

/// <summary><c>hale machine-key</c>: a key of the machine's own, with which it opens its secrets.</summary>
internal static class MachineKeyVerb
{
    /// <summary>The verb's name.</summary>
    public const string Name = "machine-key";

    public static Verb Create(VerbContext context, string[] args)
    {
        var host = new Argument<string?>("HOST") { Description = "The host.", HelpName = "HOST", Arity = ArgumentArity.ZeroOrOne };
        host.CompletionSources.Add(_ => context.HostNames);
        var verb = new Verb(Name, "Give a machine a key of its own for its secrets, over ssh, and encrypt them to it.")
        {
            Examples =
            [
                ("hale machine-key ohana", "once, before the first deployment with secrets; a key that is there is kept"),
                ("hale machine-key ohana --save ~/ohana-key.txt", "with a copy for a safe place; otherwise it never lies on this computer's disk"),
                ("hale machine-key ohana --replace", "a new key; the secrets in git are no longer open to the old one"),
            ],
        };
        verb.Add(host);
        if (CommandWords.Verb(args) is Name or null)
            Complete(verb, context, host);
        return verb;
    }

    private static void Complete(Verb verb, VerbContext context, Argument<string?> host)
    {
        var replace = new Option<bool>("--replace")
        { Description = "Make a new key. The one before stays beside it on the machine, for what is deployed, until it is replaced again." };
        var leaveFiles = new Option<bool>("--no-recipients") { Description = "Leave .sops.yaml and the encrypted files as they are." };
        var save = new Option<string?>("--save") { Description = "Keep a copy of the key in this file too, which must not exist.", HelpName = "FILE" };
        verb.Add(replace);
        verb.Add(leaveFiles);
        verb.Add(save);
        verb.SetSecretsAction(context, async (parsed, place, cancellation) =>
        {
            var chosen = context.Chosen(parsed.GetValue(host) is { } name ? [name] : [], all: false);
            var plan = context.EvaluateAlone(chosen).First(one => one.Host.Name == chosen[0]);
            var ssh = new SshConnection(context.TargetOf(plan.Host));
            MachineKeyResult result;
            await using (ssh.ConfigureAwait(false))
                result = await new MachineKeyHandover(place, plan, new MachineKeyFile(ssh)).RunAsync(
                    new MachineKeyOptions
                    {
                        Replace = parsed.GetValue(replace),
                        LeaveFiles = parsed.GetValue(leaveFiles),
                        Save = parsed.GetValue(save) is { } file ? place.PathOf(file) : null,
                    },
                    cancellation).ConfigureAwait(false);
            if (parsed.GetValue(context.Options.Json))
                SecretsJson.Write(context, json => json.MachineKeyResult, result);
            else
                Tell(context, result);
            return (result.Unfinished is null ? Outcome.Done : Outcome.Refused).ExitCode();
        });
    }

    private static void Tell(VerbContext context, MachineKeyResult result)
    {
        var output = context.Surroundings.Out;
        var done = result is { Key: "kept", Rules: [], Files: [], Saved: null, Unfinished: null };
        output.WriteLine($"{result.Host}: {result.Recipient}");
        output.WriteLine(result.Key switch
        {
            "made" => "  made its key: " + MachineKeyFile.KeyPath,
            "replaced" => $"  made a new key; the one before, of {result.Replaced}, stays beside it until it is replaced again",
            "protected" => "  its key was there, and others than root could read it: now they cannot. If somebody may have: hale machine-key HOST --replace",
            _ => done ? "  nothing to do" : "  its key was there, and is kept",
        });
        if (result.Saved is not null)
            output.WriteLine($"  a copy of its key is in {result.Saved}; keep it where nobody else can read it");
        foreach (var rules in result.Rules)
            output.WriteLine($"  {rules}: changed");
        foreach (var file in result.Files)
            output.WriteLine($"  {file}: encrypted again");
        if (result.Files.Count > 0)
            output.WriteLine($"next: commit these, and hale deploy {result.Host}");
        if (result.Unfinished is not null)
            DiagnosticText.Write([new Diagnostic(result.Unfinished) { Hint = result.Hint ?? "" }], new SourceText(), context.Surroundings);
    }
}
