using System.Globalization;
using Hale.Store.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Hale.Operator.Report;

/// <summary>
/// What runs, as one line that is never wider than the terminal: who and what come first, and what has no room is left out. One column
/// and not several: a table that has to shrink its columns to nothing never comes to an end of drawing them.
/// </summary>
internal sealed class LiveLine : ProgressColumn
{
    // What the library puts after a column, and one cell more, for a terminal goes to its next line after the last.
    private const int Margin = 3;
    private const int LeastWithTime = 24;

    /// <inheritdoc/>
    protected override bool NoWrap => true;

    /// <inheritdoc/>
    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(task);
        var spinner = options.Unicode ? Spinner.Known.Dots : Spinner.Known.Line;
        var elapsed = task.ElapsedTime ?? TimeSpan.Zero;
        return new Text(Fit(
            spinner.Frames[(int)(elapsed / spinner.Interval) % spinner.Frames.Count], task.Description,
            task.MaxValue <= 1 ? "" : $"{ByteSize.Text((long)task.Value)} of {ByteSize.Text((long)task.MaxValue)}", elapsed,
            options.ConsoleSize.Width - Margin)).Overflow(Overflow.Crop);
    }

    /// <summary>The line in so many cells: the time goes where there is hardly room for a name, bytes where they would cut what is done.</summary>
    internal static string Fit(string spinner, string what, string bytes, TimeSpan elapsed, int width)
    {
        var time = width < LeastWithTime ? "" : "  " + elapsed.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture);
        var size = bytes.Length > 0 && spinner.Length + 1 + what.Length + 2 + bytes.Length + time.Length <= width ? $"  {bytes}" : "";
        var room = Math.Max(0, width - spinner.Length - 1 - size.Length - time.Length);
        var shown = what.ReplaceLineEndings(" ");
        return $"{spinner} {(shown.Length <= room ? shown : room == 0 ? "" : shown[..(room - 1)] + "…")}{size}{time}";
    }
}
