using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Hale.Operator;

/// <summary>Numbers of generations among the arguments of a command.</summary>
internal static class GenerationNumbers
{
    /// <summary>An argument that takes one or several.</summary>
    public static Argument<int[]> Several(string description) => new("N")
    {
        Description = description,
        HelpName = "N",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => [.. result.Tokens.Select(token => Parse(result, token.Value)).OfType<int>()],
    };

    /// <summary>An argument that takes one.</summary>
    public static Argument<int?> One(string name, string description, bool required) => new(name)
    {
        Description = description,
        HelpName = name,
        Arity = required ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        CustomParser = One,
    };

    /// <summary>Reads one; tells the result where it is none.</summary>
    public static int? One(ArgumentResult result) => Parse(result, string.Join(" ", result.Tokens.Select(token => token.Value)));

    private static int? Parse(ArgumentResult result, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0)
            return number;
        result.AddError($"\"{text}\" is not the number of a generation.");
        return null;
    }
}
