namespace Hale.Lab;

/// <summary>POSIX shell text.</summary>
internal static class Shell
{
    /// <summary>One word of a shell command that stands for exactly this text (POSIX, Shell Command Language, 2.2.2).</summary>
    public static string Quote(string text) => $"'{text.Replace("'", """'\''""", StringComparison.Ordinal)}'";
}
