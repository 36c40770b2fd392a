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

    /// <summary>Asks, and has the answer judged.</summary>
    /// <param name="what">What is looked at.</param>
    /// <param name="url">The address.</param>
    /// <param name="judge">What is wrong with an answer; null for nothing.</param>
    /// <param name="hint">What to do where something is.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="post">The body to post; null gets.</param>
    /// <param name="mayBeSilent">Whether no answer at all is as it should be; otherwise it is told by the site that is away.</param>
    /// <param name="follow">Whether it goes where an answer sends it.</param>
    public async Task<Diagnosis> LookAsync(
        string what, string url, Func<Answer, string?> judge, string hint, CancellationToken cancellation, string? post = null, bool mayBeSilent = false, bool follow = false)
    {
        try
        {
            var answer = await outside.AskAsync(url, post, cancellation, follow).ConfigureAwait(false);
            return judge(answer) is { } wrong ? Diagnosis.Wrong(what, $"{url}: {wrong}", hint) : Diagnosis.Well(what, $"{url}: {answer.Status}");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return mayBeSilent ? Diagnosis.Well(what, $"{url}: nothing answers") : Diagnosis.Unseen(what, $"{url}: {error.Message}");
        }
    }
}
