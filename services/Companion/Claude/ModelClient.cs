using Anthropic;
using Anthropic.Core;
using Anthropic.Helpers;
using Anthropic.Models.Messages;
using Companion.Settings;

namespace Companion.Claude;

/// <summary>Sends one request to the API and reads its stream, by the official SDK, which tries passing failures again by itself.</summary>
internal sealed class ModelClient : IDisposable
{
    // Between two events of a stream; the API sends a sign of life every few seconds, of which the SDK does not tell.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);
    private readonly AnthropicClient client;

    public ModelClient(ClaudeSettings settings, HttpClient http)
    {
        var options = new ClientOptions
        {
            ApiKey = settings.ApiKey.Reveal(),
            // The SDK would read both from variables, of which the settings know nothing.
            AuthToken = null,
            BaseUrl = settings.BaseUrl?.AbsoluteUri.TrimEnd('/') ?? "https://api.anthropic.com",
            HttpClient = http,
            MaxRetries = 2,
            Timeout = TimeSpan.FromMinutes(15),
        };
        client = new AnthropicClient(options);
    }

    /// <param name="request">What to ask.</param>
    /// <param name="onText">Called with each piece of text, as it arrives.</param>
    /// <param name="stop">Gives up; an <see cref="OperationCanceledException"/> is wrapped too, for its usage.</param>
    /// <exception cref="ModelException">There is no whole answer.</exception>
    public async Task<(ModelReply Reply, Spending.Usage Used)> AskAsync(MessageCreateParams request, Action<string> onText, CancellationToken stop)
    {
        var aggregator = new MessageContentAggregator();
        Message? started = null;
        var characters = 0;
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            silence.CancelAfter(Silence);
            await foreach (var happened in aggregator.CollectAsync(client.Messages.CreateStreaming(request, silence.Token)))
            {
                silence.CancelAfter(Silence);
                if (happened.TryPickStart(out var start))
                    started = start.Message;
                else if (happened.TryPickContentBlockDelta(out var delta))
                {
                    characters += Length(delta.Delta);
                    if (delta.Delta.TryPickText(out var text))
                        onText(text.Text);
                }
            }
            var message = aggregator.Message();
            return (new ModelReply(message.Content, message.StopReason?.Raw() ?? ""), UsageReading.Of(message.Usage));
        }
        catch (Exception error)
        {
            // How much was written is not known: a token has at least three characters, mostly.
            var used = started is null ? null : UsageReading.Of(started.Usage) with { OutputTokens = Math.Max(started.Usage.OutputTokens, characters / 3) };
            throw new ModelException(error, used);
        }
    }

    private static int Length(RawContentBlockDelta delta) =>
        delta.TryPickText(out var text) ? text.Text.Length
        : delta.TryPickThinking(out var thinking) ? thinking.Thinking.Length
        : delta.TryPickInputJson(out var input) ? input.PartialJson.Length
        : 0;

    public void Dispose() => client.Dispose();
}
