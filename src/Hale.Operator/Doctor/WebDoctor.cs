using Hale.Contribute;

namespace Hale.Operator.Doctor;

/// <summary>Looks at what an address answers.</summary>
/// <param name="outside">The way there.</param>
internal sealed class WebDoctor(Outside outside)
{
    public async Task<IReadOnlyList<Diagnosis>> LookAsync(UrlOutside url, CancellationToken cancellation) =>
    [
        await LookAsync(
            url.Label, url.Url,
            answer => answer.Status != url.Status ? $"it answers with {answer.Status}, not with {url.Status}"
                : url.AllowAnyOrigin && answer.AllowOrigin != "*" ? "browsers of other sites may not read it" : null,
            "Does its service run? hale status says.", cancellation).ConfigureAwait(false),
    ];

    /// <summary>As <see cref="LookAsync(string, string, Func{Answer, string?}, string, CancellationToken, string?, bool, bool)"/>, at what must be closed: a server that fails says nothing of that.</summary>
    public async Task<Diagnosis> ClosedAsync(
        string what, string url, Func<Answer, string?> judge, string hint, CancellationToken cancellation, string? post = null, bool mayBeSilent = false)
    {
        var failed = false;
        var seen = await LookAsync(
            what, url,
            answer =>
            {
                failed = answer.Status >= 500;
                return judge(answer);
            },
            hint, cancellation, post, mayBeSilent).ConfigureAwait(false);
        return failed && seen.Verdict == Verdict.Well ? seen with { Verdict = Verdict.Unseen } : seen;
    }

    /// <summary>Whether pages of other sites, as web clients are, may ask with a token.</summary>
    /// <param name="what">What is looked at.</param>
    /// <param name="url">The address.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<Diagnosis> MayAskAsync(string what, string url, CancellationToken cancellation)
    {
        var failed = false;
        var seen = await JudgeAsync(
            what, url, outside.PreflightAsync(url, cancellation),
            answer =>
            {
                failed = answer.Status >= 500;
                return answer.Status is < 200 or >= 300 ? $"it answers with {answer.Status} when a browser asks whether a page may"
                    : answer.AllowOrigin != "*" ? "browsers let no page of another site ask (Access-Control-Allow-Origin)"
                    : !answer.AllowHeaders.Contains("authorization", StringComparison.OrdinalIgnoreCase) ? "browsers let no page send its token (Access-Control-Allow-Headers)"
                    : null;
            },
            "Clients in a browser only see a network error: does something before the homeserver answer OPTIONS, or take headers away?", mayBeSilent: false).ConfigureAwait(false);
        // A server that fails is told where it must answer.
        return failed ? Diagnosis.Unseen(what, seen.Seen) : seen;
    }

    /// <summary>Asks, and has the answer judged.</summary>
    /// <param name="what">What is looked at.</param>
    /// <param name="url">The address.</param>
    /// <param name="judge">What is wrong with an answer; null for nothing.</param>
    /// <param name="hint">What to do where something is.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="post">The body to post; null gets.</param>
    /// <param name="mayBeSilent">Whether no answer at all is as it should be; otherwise it is told by the site that is away.</param>
    /// <param name="follow">Whether it goes where an answer sends it.</param>
    public Task<Diagnosis> LookAsync(
        string what, string url, Func<Answer, string?> judge, string hint, CancellationToken cancellation, string? post = null, bool mayBeSilent = false, bool follow = false) =>
        JudgeAsync(what, url, outside.AskAsync(url, post, cancellation, follow), judge, hint, mayBeSilent);

    private static async Task<Diagnosis> JudgeAsync(string what, string url, Task<Answer> asked, Func<Answer, string?> judge, string hint, bool mayBeSilent)
    {
        try
        {
            var answer = await asked.ConfigureAwait(false);
            return judge(answer) is { } wrong ? Diagnosis.Wrong(what, $"{url}: {wrong}", hint) : Diagnosis.Well(what, $"{url}: {answer.Status}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return mayBeSilent ? Diagnosis.Well(what, $"{url}: nothing answers") : Diagnosis.Unseen(what, $"{url}: {error.Message}");
        }
    }
}
