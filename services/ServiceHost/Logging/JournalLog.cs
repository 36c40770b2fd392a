using System.Text;
using Microsoft.Extensions.Logging;

namespace ServiceHost;

/// <summary>
/// Logs to standard output, a line each: under systemd the journal adds the time, and reads the level from a prefix (sd-daemon(3)); elsewhere the
/// level's name stands there. Of the libraries below, only what went wrong is told.
/// </summary>
public sealed class JournalLog : ILoggerFactory
{
    // Three bytes of UTF-8 at most for each.
    private const int LongestLine = 12_000;

    private readonly Lock gate = new();
    private readonly Stream output;
    private readonly bool isJournal;

    /// <param name="output">Where lines go.</param>
    /// <param name="isJournal">Whether the journal reads them.</param>
    public JournalLog(Stream output, bool isJournal) => (this.output, this.isJournal) = (output, isJournal);

    /// <summary>The log of this process.</summary>
    public static JournalLog OfThisProcess() =>
        new(Console.OpenStandardOutput(), isJournal: Environment.GetEnvironmentVariable("JOURNAL_STREAM") is not null);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) =>
        new Category(this, categoryName, categoryName.StartsWith("Microsoft", StringComparison.Ordinal) ? LogLevel.Warning : LogLevel.Information);

    /// <summary>Refuses: there is one place to log to.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("A service logs to standard output alone.");

    public void Dispose() => output.Dispose();

    private string Prefix(LogLevel level) => level switch
    {
        LogLevel.Critical => isJournal ? "<2>" : "crit: ",
        LogLevel.Error => isJournal ? "<3>" : "fail: ",
        LogLevel.Warning => isJournal ? "<4>" : "warn: ",
        LogLevel.Information => isJournal ? "<6>" : "info: ",
        _ => isJournal ? "<7>" : "dbug: ",
    };

    private void Write(LogLevel level, string category, string message)
    {
        var line = OneEntry($"{Prefix(level)}{category}: {message}".ReplaceLineEndings(" "));
        try
        {
            lock (gate)
                output.Write(Encoding.UTF8.GetBytes($"{line}\n"));
        }
        catch (IOException)
        {
            // Nobody can be told, and what the service does must not fail of it.
        }
    }

    // The journal begins another entry at a line break, at a zero byte, and where a line is longer than 48 KiB (journald.conf(5), LineMax=):
    // whoever chooses a word of a message must not write one.
    private static string OneEntry(string text) => string.Create(Math.Min(text.Length, LongestLine), text, static (line, text) =>
    {
        for (var at = 0; at < line.Length; at++)
            line[at] = char.IsControl(text[at]) ? ' ' : text[at];
    });

    private sealed class Category(JournalLog log, string name, LogLevel least) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log.Write(logLevel, name, exception is null ? formatter(state, exception) : $"{formatter(state, exception)} {exception}");
        }
    }
}
