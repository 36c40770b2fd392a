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
    public void Who_asks_every_minute_is_never_stopped()
    {
        var pace = new Pace(time);
        for (var count = 0; count < 100; count++, time.Now += TimeSpan.FromMinutes(1))
            Assert.Equal(Pace.Verdict.Fits, pace.Judge("!room", "$thread", "@nana:example.test"));
    }
}
