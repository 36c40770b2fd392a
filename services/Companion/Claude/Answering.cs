using System.Text;
using Anthropic.Models.Messages;
using Companion.Conversation;
using Companion.Settings;
using Companion.Spending;
using Companion.Tools;

namespace Companion.Claude;

/// <summary>Answers one question: asks the model, runs the tools that it wants, and asks again, until it has nothing more to do.</summary>
internal sealed class Answering(
    ClaudeSettings claude, ToolSettings settings, ModelClient model, ToolBox tools, PriceList prices, Ledger ledger)
{
    // A model without a price may only be used without a limit; that is checked at the start.
    private readonly ModelPrice? price = prices.Find(claude.Model);

    /// <param name="history">The conversation so far.</param>
    /// <param name="question">What the person wrote.</param>
    /// <param name="onText">Called with all that is written so far, each time it has grown.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>The whole answer, as the room sees it; empty where the model said nothing. Whether the model refused to go on.</returns>
    /// <exception cref="ModelException">The API failed.</exception>
    /// <exception cref="LimitReachedException">The month's money is used up.</exception>
    public async Task<(string Text, bool IsRefused)> AnswerAsync(IReadOnlyList<Turn> history, string question, Action<string> onText, CancellationToken stop)
    {
        var text = new StringBuilder();
        var rounds = new List<Round>();
        var available = await tools.DescribeAsync(stop);
        for (var round = 0; ; round++)
        {
            // After the last round of tools it has to say what it found.
            var request = Requests.Of(claude, settings.WebSearchEnabled, available, history, question, rounds, round < settings.MaxIterations);
            var before = text.Length;
            var reply = await AskAsync(request, piece =>
            {
                if (text.Length == before && before > 0)
                    text.Append("\n\n");
                text.Append(piece);
                onText(text.ToString());
            }, stop);
            switch (reply.StopReason)
            {
                case "tool_use" when round < settings.MaxIterations && reply.ToolUses.Any():
                    rounds.Add(new Round(reply, await RunToolsAsync(reply, stop)));
                    break;
                case "pause_turn" when round < settings.MaxIterations:
                    rounds.Add(new Round(reply, []));
                    break;
                default:
                    var sources = text.Length > 0 ? Sources.Of(rounds.Select(one => one.Reply).Append(reply)) : "";
                    return ((text + Remark(reply.StopReason) + sources).Trim(), reply.StopReason == "refusal");
            }
        }
    }

    private async Task<ModelReply> AskAsync(MessageCreateParams request, Action<string> onText, CancellationToken stop)
    {
        var reservation = ledger.Reserve(price is null ? 0 : Requests.MostCost(request, prices, price));
        // Whatever happens that is not foreseen here, the reservation stays and counts.
        try
        {
            var (reply, used) = await model.AskAsync(request, onText, stop);
            ledger.Settle(reservation, Cost(used));
            return reply;
        }
        catch (ModelException error)
        {
            ledger.Settle(reservation, Cost(error.Used));
            throw;
        }
    }

    private decimal Cost(Spending.Usage? used) => price is null || used is null ? 0 : prices.Cost(price, used);

    private async Task<List<ToolResultBlockParam>> RunToolsAsync(ModelReply reply, CancellationToken stop)
    {
        var results = new List<ToolResultBlockParam>();
        foreach (var use in reply.ToolUses)
        {
            var result = await tools.RunAsync(use.Name, use.Input, stop);
            results.Add(new ToolResultBlockParam(use.ID) { Content = result.Text, IsError = result.IsError });
        }
        return results;
    }

    private static string Remark(string stopReason) => stopReason switch
    {
        "max_tokens" or "model_context_window_exceeded" => "\n\n*(The answer is cut off here: it became too long.)*",
        "refusal" => "\n\n*(I may not go on with this, and forget the question.)*",
        _ => "",
    };
}
