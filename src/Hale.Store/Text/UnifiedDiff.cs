namespace Hale.Store.Text;

/// <summary>Two texts as the lines of a unified diff (POSIX.1-2024, diff -u), each hunk with its context. Pure.</summary>
public static class UnifiedDiff
{
    private const int Context = 3;

    // What differs more is told as all of it gone and all of it come: the search grows with the square of the differences.
    private const int MostDifferences = 2000;

    /// <summary>The hunks, without the two lines that name the files.</summary>
    /// <param name="old">The text before.</param>
    /// <param name="new">The text after.</param>
    /// <returns>Lines without line ends, each with its mark; none where the texts are equal.</returns>
    public static IReadOnlyList<string> Lines(string old, string @new)
    {
        ArgumentNullException.ThrowIfNull(old);
        ArgumentNullException.ThrowIfNull(@new);
        return old == @new ? [] : [.. Hunks(Edits(Split(old), Split(@new)))];
    }

    private static string[] Split(string text)
    {
        if (text.Length == 0)
            return [];
        var lines = text.Split('\n');
        // A text that ends without a line end differs from one that has it.
        return lines[^1].Length == 0 ? lines[..^1] : [.. lines[..^1], lines[^1] + "\n\\ No newline at end of file"];
    }

    /// <summary>Each line of both, in order, with its mark.</summary>
    private static List<(char Mark, string Line)> Edits(string[] old, string[] @new)
    {
        var same = 0;
        while (same < old.Length && same < @new.Length && old[same] == @new[same])
            same++;
        var tail = 0;
        while (tail < old.Length - same && tail < @new.Length - same && old[^(tail + 1)] == @new[^(tail + 1)])
            tail++;
        return
        [
            .. old[..same].Select(line => (' ', line)),
            .. Middle(old[same..^tail], @new[same..^tail]),
            .. old[^tail..].Select(line => (' ', line)),
        ];
    }

    /// <summary>The shortest way from one to the other (Myers, An O(ND) Difference Algorithm, 1986).</summary>
    private static List<(char, string)> Middle(string[] old, string[] @new)
    {
        var most = Math.Min(old.Length + @new.Length, MostDifferences);
        var reach = new int[(2 * most) + 3];
        var steps = new List<int[]>();
        for (var d = 0; d <= most; d++)
        {
            steps.Add((int[])reach.Clone());
            for (var k = -d; k <= d; k += 2)
            {
                var x = k == -d || (k != d && reach[k - 1 + most + 1] < reach[k + 1 + most + 1]) ? reach[k + 1 + most + 1] : reach[k - 1 + most + 1] + 1;
                while (x < old.Length && x - k < @new.Length && old[x] == @new[x - k])
                    x++;
                reach[k + most + 1] = x;
                if (x >= old.Length && x - k >= @new.Length)
                    return Back(old, @new, steps, most);
            }
        }

        return [.. old.Select(line => ('-', line)), .. @new.Select(line => ('+', line))];
    }

    private static List<(char, string)> Back(string[] old, string[] @new, List<int[]> steps, int most)
    {
        var edits = new List<(char, string)>();
        var (x, y) = (old.Length, @new.Length);
        for (var d = steps.Count - 1; d >= 0; d--)
        {
            var (reach, k) = (steps[d], x - y);
            var before = k == -d || (k != d && reach[k - 1 + most + 1] < reach[k + 1 + most + 1]) ? k + 1 : k - 1;
            var fromX = d == 0 ? 0 : reach[before + most + 1];
            var fromY = d == 0 ? 0 : fromX - before;
            while (x > fromX && y > fromY)
                (edits, x, y) = (With(edits, ' ', old[x - 1]), x - 1, y - 1);
            if (d > 0)
                edits.Add(x == fromX ? ('+', @new[fromY]) : ('-', old[fromX]));
            (x, y) = (fromX, fromY);
        }

        edits.Reverse();
        return edits;

        static List<(char, string)> With(List<(char, string)> list, char mark, string line)
        {
            list.Add((mark, line));
            return list;
        }
    }

    private static IEnumerable<string> Hunks(List<(char Mark, string Line)> edits)
    {
        var (oldLine, newLine) = (1, 1);
        for (var at = 0; at < edits.Count;)
        {
            if (edits[at].Mark == ' ' && !Near(edits, at))
            {
                (oldLine, newLine, at) = (oldLine + 1, newLine + 1, at + 1);
                continue;
            }

            var end = at;
            while (end < edits.Count && (edits[end].Mark != ' ' || Near(edits, end)))
                end++;
            var hunk = edits[at..end];
            var (olds, news) = (hunk.Count(e => e.Mark != '+'), hunk.Count(e => e.Mark != '-'));
            yield return $"@@ -{Range(oldLine, olds)} +{Range(newLine, news)} @@";
            foreach (var line in hunk.SelectMany(e => $"{e.Mark}{e.Line}".Split('\n')))
                yield return line;
            (oldLine, newLine, at) = (oldLine + olds, newLine + news, end);
        }
    }

    private static bool Near(List<(char Mark, string Line)> edits, int at)
    {
        for (var i = Math.Max(0, at - Context); i <= Math.Min(edits.Count - 1, at + Context); i++)
            if (edits[i].Mark != ' ')
                return true;
        return false;
    }

    private static string Range(int start, int count) => count == 1 ? $"{start}" : $"{(count == 0 ? start - 1 : start)},{count}";
}
