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
        // Before the question: whoever types ahead, or pastes, is not shown either.
        using var hidden = HiddenTyping.Begin();
        Console.Error.Write($"{question}: ");
        // The terminal's own line editing. The base library's reader would echo by itself.
        using var terminal = new FileStream(HiddenTyping.Terminal, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var typed = new List<byte>();
        int next;
        while ((next = terminal.ReadByte()) is >= 0 and not '\n')
            typed.Add((byte)next);
        Console.Error.WriteLine();
        return next < 0 && typed.Count == 0 ? null : Encoding.UTF8.GetString([.. typed]);
    }

    public bool Confirm(string question)
    {
        Console.Error.Write($"{question} [y/N] ");
        return Console.ReadLine()?.Trim().ToLowerInvariant() is "y" or "yes";
    }
}
