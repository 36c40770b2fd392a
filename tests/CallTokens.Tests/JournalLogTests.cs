using System.Text;
using Microsoft.Extensions.Logging;

namespace CallTokens.Tests;

/// <summary>The log that every service writes.</summary>
public class JournalLogTests
{
    [Fact]
    public void Each_message_is_one_line_that_begins_with_its_level() =>
        Assert.Equal("<6>calls: one\n<4>calls: two, and three\n",
            Logged(isJournal: true, "calls", (LogLevel.Information, "one", null), (LogLevel.Warning, "two,\r\nand three", null)));

    [Fact]
    public void Who_chooses_a_word_of_a_message_writes_no_message_of_his_own() =>
        Assert.Equal("info: calls: Hello, bob <2>calls: All is lost.\n",
            Logged(isJournal: false, "calls", (LogLevel.Information, "Hello, bob\n<2>calls: All is lost.", null)));

    [Fact]
    public void Neither_a_zero_byte_nor_a_long_word_begins_an_entry()
    {
        Assert.Equal("<6>calls: Hello, bob <2>calls: All is lost.\n",
            Logged(isJournal: true, "calls", (LogLevel.Information, "Hello, bob\0<2>calls: All is lost.", null)));
        Assert.InRange(Encoding.UTF8.GetByteCount(Logged(isJournal: true, "calls", (LogLevel.Information, new string('\u20ac', 100_000), null))), 30_000, 48 * 1024);
    }

    [Fact]
    public void An_error_is_told_whole_and_what_is_for_developers_not_at_all() =>
        Assert.Equal("<3>calls: It failed. System.IO.IOException: no space\n",
            Logged(isJournal: true, "calls", (LogLevel.Debug, "Trying.", null), (LogLevel.Error, "It failed.", new IOException("no space"))));

    [Fact]
    public void Libraries_tell_only_what_went_wrong() =>
        Assert.Equal("<4>Microsoft.AspNetCore.Server: slow\n",
            Logged(isJournal: true, "Microsoft.AspNetCore.Server", (LogLevel.Information, "listening", null), (LogLevel.Warning, "slow", null)));

    private static string Logged(bool isJournal, string category, params (LogLevel Level, string Text, Exception? Error)[] messages)
    {
        using var output = new MemoryStream();
        using var log = new JournalLog(output, isJournal);
        var logger = log.CreateLogger(category);
        foreach (var (level, text, error) in messages)
            logger.Log(level, default, text, error, (said, _) => said);
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
