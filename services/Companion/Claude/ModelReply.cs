using Anthropic.Models.Messages;
using Companion.Spending;

namespace Companion.Claude;

/// <summary>What the model answered to one request.</summary>
internal sealed record ModelReply(IReadOnlyList<ContentBlock> Blocks, string StopReason)
{
    public IEnumerable<ToolUseBlock> ToolUses => Blocks.Select(block => block.TryPickToolUse(out var use) ? use : null).OfType<ToolUseBlock>();

    /// <summary>The same, to go back in the next request to the letter: signatures and encrypted results among it.</summary>
    public MessageParam AsMessage => new AssistantMessageParam(
        new MessageContentParam(Blocks.Select(block => new ContentBlockParam(block.Json)).ToList(), null));
}

/// <summary>One round of an answer: what the model said, and what the tools that it wanted gave.</summary>
internal sealed record Round(ModelReply Reply, IReadOnlyList<ToolResultBlockParam> Results);

/// <summary>The answer broke off. What was used until then must be paid nevertheless.</summary>
internal sealed class ModelException(Exception cause, Spending.Usage? used) : Exception(cause.Message, cause)
{
    /// <summary>Null: the API refused, or was not reached, and nothing was used.</summary>
    public Spending.Usage? Used { get; } = used;
}
