namespace Hale.Operator;

/// <summary>The words of a command line that are no options: the verb first. For what must be known before it is parsed.</summary>
internal static class CommandWords
{
    private static readonly string[] TakeValue = ["--fleet", "--override"];

    /// <summary>The words in order; what follows an option that every verb understands and that takes a value is none.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> args)
    {
        var words = new List<string>();
        for (var i = 0; i < args.Count; i++)
            if (TakeValue.Contains(args[i]))
                i++;
            else if (!args[i].StartsWith('-'))
                words.Add(args[i]);
        return words;
    }

    /// <summary>The verb; null where there is none, or a shell asks for completions.</summary>
    public static string? Verb(IReadOnlyList<string> args) => Of(args) is [var word, ..] && !word.StartsWith('[') && word != "completion" ? word : null;
}
