using System.Globalization;

namespace Lab.Tests.Deploy;

/// <summary>What a terminal of some columns shows of what is written to it: as much of ECMA-48 as the live view uses; lines that scrolled away stay.</summary>
internal sealed class Screen(int columns)
{
    private readonly List<char[]> rows = [];
    private int row;
    private int column;
    private string unfinished = "";

    /// <summary>The lines from the top, without what is blank at their ends.</summary>
    internal IReadOnlyList<string> Lines => [.. rows.Select(line => new string(line).TrimEnd())];

    internal void Write(string text)
    {
        text = unfinished + text;
        unfinished = "";
        for (var i = 0; i < text.Length; i++)
            switch (text[i])
            {
                case '\r':
                    column = 0;
                    break;
                case '\n':
                    row++;
                    break;
                case '\b':
                    column = Math.Max(0, column - 1);
                    break;
                case '\u001b':
                    var end = i + 1 < text.Length && text[i + 1] == '[' ? text.AsSpan(i + 2).IndexOfAnyInRange('@', '~') : text.Length > i + 1 ? -2 : -1;
                    if (end == -1)
                    {
                        unfinished = text[i..];
                        return;
                    }

                    if (end >= 0)
                        Control(text[i + 2 + end], text.Substring(i + 2, end));
                    i += end >= 0 ? end + 2 : 1;
                    break;
                case >= ' ':
                    Put(text[i]);
                    break;
            }
    }

    private void Put(char c)
    {
        // A terminal goes to the next line with the first character that has no room, not before.
        if (column == columns)
            (row, column) = (row + 1, 0);
        Line(row)[column++] = c;
    }

    private void Control(char what, string arguments)
    {
        var count = int.TryParse(arguments.Split(';')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        switch (what)
        {
            case 'A':
                row = Math.Max(0, row - Math.Max(1, count));
                break;
            case 'B':
                row += Math.Max(1, count);
                break;
            case 'C':
                column = Math.Min(columns - 1, column + Math.Max(1, count));
                break;
            case 'D':
                column = Math.Max(0, column - Math.Max(1, count));
                break;
            case 'G':
                column = Math.Max(1, count) - 1;
                break;
            case 'K':
                var line = Line(row);
                line.AsSpan(count == 0 ? Math.Min(column, columns) : 0, count == 1 ? column : count == 0 ? columns - Math.Min(column, columns) : columns).Fill(' ');
                break;
            case 'J' when count == 0:
                Line(row).AsSpan(Math.Min(column, columns)).Fill(' ');
                rows.RemoveRange(Math.Min(rows.Count, row + 1), Math.Max(0, rows.Count - row - 1));
                break;
            case 'm' or 'h' or 'l':
                break;
            default:
                throw new NotSupportedException($"ESC [ {arguments} {what}");
        }
    }

    private char[] Line(int number)
    {
        while (rows.Count <= number)
            rows.Add([.. Enumerable.Repeat(' ', columns)]);
        return rows[number];
    }
}
