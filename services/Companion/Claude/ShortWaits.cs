namespace Companion.Claude;

/// <summary>
/// The SDK waits as long as the API asks it to before it tries again, an hour where it is one. Nobody waits for an answer that long: then
/// it is told at once not to try again.
/// </summary>
internal sealed class ShortWaits(HttpMessageHandler inner, TimeProvider time) : DelegatingHandler(inner)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.Headers.RetryAfter is { } asked && (asked.Delta > Longest || asked.Date - time.GetUtcNow() > Longest))
            response.Headers.TryAddWithoutValidation("X-Should-Retry", "false");
        return response;
    }
}
