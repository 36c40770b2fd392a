using Companion.Hosting;

namespace Companion.Tests;

/// <summary>How the talk of two assistants that mention each other comes to an end.</summary>
public sealed class PaceTests
{
    private readonly SettableTime time = new();

    [Fact]
    public void Who_asks_without_end_in_one_thread_is_told_once_and_may_go_on_later()
    {
        var pace = new Pace(time);
        List<Pace.Verdict> verdicts = [];
        for (var count = 0; count < 30; count++, time.Now += TimeSpan.FromSeconds(2))
            verdicts.Add(pace.Judge("!room", "$thread", "@other:example.test"));

        Assert.All(verdicts.Take(Pace.Most), verdict => Assert.Equal(Pace.Verdict.Fits, verdict));
        Assert.Equal(Pace.Verdict.FirstTooMany, verdicts[Pace.Most]);
        Assert.All(verdicts.Skip(Pace.Most + 1), verdict => Assert.Equal(Pace.Verdict.TooMany, verdict));
        Assert.Equal(Pace.Verdict.Fits, pace.Judge("!room", "$thread", "@nana:example.test"));
        Assert.Equal(Pace.Verdict.Fits, pace.Judge("!room", "$another", "@other:example.test"));

        time.Now += Pace.Span;
        Assert.Equal(Pace.Verdict.Fits, pace.Judge("!room", "$thread", "@other:example.test"));
    }

    [Fact]
    public void Who_asks_too_often_all_the_time_gets_as_many_answers_as_fit_and_is_told_once_in_ten_minutes()
    {
        var pace = new Pace(time);
        List<Pace.Verdict> verdicts = [];
        for (var count = 0; count < 144; count++, time.Now += TimeSpan.FromSeconds(25))
            verdicts.Add(pace.Judge("!room", "$thread", "@other:example.test"));

        // An hour of it.
        Assert.InRange(verdicts.Count(verdict => verdict == Pace.Verdict.Fits), 110, 6 * Pace.Most);
        Assert.InRange(verdicts.Count(verdict => verdict == Pace.Verdict.FirstTooMany), 1, 6);
    }

    [Fact]
    public void Who_begins_a_thread_with_each_question_comes_to_an_end_too()
    {
        var pace = new Pace(time);
        List<Pace.Verdict> verdicts = [];
        for (var count = 0; count < 100; count++, time.Now += TimeSpan.FromSeconds(1))
            verdicts.Add(pace.Judge("!room", $"${count}", "@other:example.test"));

        Assert.Equal(Pace.MostInRoom, verdicts.Count(verdict => verdict == Pace.Verdict.Fits));
        Assert.Equal(Pace.Verdict.FirstTooMany, verdicts[Pace.MostInRoom]);
        Assert.Equal(Pace.Verdict.Fits, pace.Judge("!another", "$0", "@other:example.test"));
    }

    [Fact]
    public void Who_asks_every_minute_is_never_stopped()
    {
        var pace = new Pace(time);
        for (var count = 0; count < 100; count++, time.Now += TimeSpan.FromMinutes(1))
            Assert.Equal(Pace.Verdict.Fits, pace.Judge("!room", "$thread", "@nana:example.test"));
    }
}
