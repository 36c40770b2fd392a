using System.Text;

namespace Hale.Operator;

/// <summary>Somebody at a terminal.</summary>
public interface IPrompt
{
    /// <summary>Asks for something that must not be seen; what is typed is not shown.</summary>
    /// <param name="question">What is asked for.</param>
    /// <returns>What was typed; null where the input ended.</returns>
    string? Hidden(string question);

    /// <summary>Asks whether; only y or yes is a yes.</summary>
    /// <param name="question">The question.</param>
    bool Confirm(string question);
}

/// <summary>The terminal of this process. Questions go to standard error, so that results can be piped on.</summary>
internal sealed class ConsolePrompt : IPrompt
{
    public string? Hidden(string question)
    {
        Console.Error.Write($"{question}: ");
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key is { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } && typed.Length == 0)
            {
                Console.Error.WriteLine();
                return null;
            }
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (key.KeyChar != '\0')
                typed.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }

    public bool Confirm(string question)
    {
        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
