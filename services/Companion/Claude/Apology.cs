using System.Globalization;
using System.Net;
using Anthropic.Exceptions;
using Companion.Spending;

namespace Companion.Claude;

/// <summary>Says in the room, in a sentence or two, why there is no answer and what helps. Pure.</summary>
internal static class Apology
{
    public const string Stopped = "Sorry, I was stopped in the midst of this answer. Please ask me again.";

    public const string Stopping = "Sorry, I am being restarted and cannot finish this answer. Please ask me again in a minute.";

    public const string Empty = "Sorry, I have no answer to that. Please ask in another way.";

    public const string Busy = "Sorry, too many questions are waiting for me. Please ask again in a few minutes.";

    public const string TooFast = "Sorry, those were too many questions within ten minutes. Please go on a little later.";

    public const string Attachment = "Sorry, I can read text only: no pictures, files or recordings. Please write to me what it is about.";

    public static string For(Exception error) => error switch
    {
        ModelException { Used: not null, InnerException: not AnthropicServiceException } => BrokenOff,
        ModelException { InnerException: { } cause } => For(cause),
        LimitReachedException limit => string.Create(CultureInfo.InvariantCulture,
            $"The budget of ${limit.Limit:0.00} for this month is used up. I can answer again from {limit.Until:d MMMM yyyy} (UTC)."),
        AnthropicRateLimitException => "Sorry, I am asked too much at the moment. Please ask again a little later.",
        AnthropicOverloadedException => Overloaded,
        AnthropicUnauthorizedException or AnthropicForbiddenException =>
            "Sorry, my key for the model is not accepted. Whoever runs me has to renew it.",
        AnthropicPaymentRequiredException => NoCredit,
        AnthropicContentTooLargeException => TooLong,
        AnthropicBadRequestException bad when Says(bad, "too long") || Says(bad, "context window") => TooLong,
        AnthropicBadRequestException bad when Says(bad, "credit balance") => NoCredit,
        AnthropicNotFoundException => "Sorry, the model that I am set to use does not exist. Whoever runs me has to set another.",
        AnthropicApiException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError } =>
            "Sorry, the model refused this question as it reached it. Whoever runs me finds the reason in my log.",
        AnthropicSseException broken when broken.Type?.Raw() == "overloaded_error" => Overloaded,
        AnthropicInvalidDataException or AnthropicSseException => BrokenOff,
        _ => "Sorry, I cannot reach the model at the moment. Please ask again in a few minutes.",
    };

    private const string BrokenOff = "Sorry, the answer broke off. Please ask me again.";

    private const string Overloaded = "Sorry, the model is overloaded at the moment. Please ask again in a few minutes.";

    private const string TooLong = "Sorry, this conversation has become too long for me. Please go on in a new thread.";

    private const string NoCredit = "Sorry, the account that pays for me has no credit left. Whoever runs me has to add some.";

    private static bool Says(AnthropicApiException error, string words) =>
        error.ResponseBody?.Contains(words, StringComparison.OrdinalIgnoreCase) == true;
}
