namespace Hale.Operator.Deploy;

/// <summary>Hosts that switch together or not at all: the verdict comes when each is healthy, or with the first that is not. Safe to call from several threads.</summary>
/// <param name="hosts">How many.</param>
internal sealed class Ballot(int hosts)
{
    private readonly TaskCompletionSource<bool> verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open = hosts;

    /// <summary>Whether all may stay.</summary>
    public Task<bool> Verdict => verdict.Task;

    /// <summary>One host's part.</summary>
    public Vote Join() => new(this);

    /// <summary>One is healthy.</summary>
    internal void Yes()
    {
        if (Interlocked.Decrement(ref open) == 0)
            verdict.TrySetResult(true);
    }

    /// <summary>One failed.</summary>
    internal void No() => verdict.TrySetResult(false);
}

/// <summary>One host's part in a <see cref="Ballot"/>; what it says first counts.</summary>
internal sealed class Vote(Ballot ballot)
{
    private int said;

    /// <summary>Whether all may stay.</summary>
    public Task<bool> Verdict => ballot.Verdict;

    /// <summary>It is healthy.</summary>
    public void Yes()
    {
        if (Interlocked.Exchange(ref said, 1) == 0)
            ballot.Yes();
    }

    /// <summary>It failed; also where it was healthy before.</summary>
    public void No()
    {
        said = 1;
        ballot.No();
    }
}
