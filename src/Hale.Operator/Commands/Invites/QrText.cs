using System.Text;

namespace Hale.Operator;

/// <summary>A QR code in a terminal: two rows of squares a line, by the half blocks of Unicode.</summary>
internal static class QrText
{
    /// <summary>The lines.</summary>
    /// <param name="rows">Rows of 1 (dark) and 0.</param>
    /// <param name="color">
    /// Whether colours may be used: then it is black on white whatever the terminal's own are. Otherwise light squares are drawn, which
    /// is right on a dark terminal; most readers take the inverse as well.
    /// </param>
    public static IEnumerable<string> Lines(IReadOnlyList<string> rows, bool color)
    {
        for (var row = 0; row < rows.Count; row += 2)
        {
            var line = new StringBuilder();
            for (var column = 0; column < rows[row].Length; column++)
            {
                var (above, below) = (rows[row][column] == '0', row + 1 >= rows.Count || rows[row + 1][column] == '0');
                line.Append((above, below) switch { (true, true) => '█', (true, false) => '▀', (false, true) => '▄', _ => ' ' });
            }
            yield return color ? $"\e[97;40m{line}\e[0m" : line.ToString();
        }
    }
}
