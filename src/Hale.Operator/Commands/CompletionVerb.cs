using System.CommandLine;
using Hale.Store;

namespace Hale.Operator;

/// <summary><c>hale completion</c>: a script that teaches a shell the verbs, options and hosts. The shell asks <c>hale</c> itself.</summary>
internal static class CompletionVerb
{
    // Each asks `hale [suggest:POSITION] LINE`, which System.CommandLine answers with one word a line.
    // In bash options are offered once a hyphen is there, as of other commands.
    private const string Bash = """
        _hale() {
            local IFS=$'\n' word=${COMP_WORDS[COMP_CWORD]} without=
            [[ -n $word ]] || without='-*'
            COMPREPLY=($(compgen -X "$without" -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _hale hale
        """;

    private const string Zsh = """
        #compdef hale
        _hale() {
            local -a words_of_hale
            words_of_hale=(${(f)"$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)"})
            compadd -- $words_of_hale || _files
        }
        compdef _hale hale
        """;

    private const string Fish = """
        complete -c hale -a '(hale "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Verb Create(VerbContext context)
    {
        var shell = new Argument<string>("SHELL") { Description = string.Join(", ", Shells), HelpName = "SHELL" };
        shell.CompletionSources.Add(_ => Shells);
        var verb = new Verb("completion", "Print a script that completes verbs, options and host names in a shell.")
        {
            Examples =
            [
                ("hale completion bash > ~/.local/share/bash-completion/completions/hale", "for bash"),
                ("hale completion zsh > ~/.zfunc/_hale", "for zsh, with ~/.zfunc in fpath"),
                ("hale completion fish > ~/.config/fish/completions/hale.fish", "for fish"),
            ],
        };
        verb.Add(shell);
        verb.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(shell);
            context.Surroundings.Out.WriteLine(name switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                _ => throw new UserError(
                    $"There is no completion for the shell \"{name}\".", Nearest.Hint(name, Shells, "There is one for"))
                { ExitCode = HaleCommand.Usage },
            });
            return 0;
        });
        return verb;
    }
}
