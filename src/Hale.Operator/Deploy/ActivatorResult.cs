using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Operator.Deploy;

/// <summary>How a verb of the activator ended, for callers to whom anything but a good end is an error.</summary>
internal static class ActivatorResult
{
    /// <summary>Throws where the verb ended in another way than one of <paramref name="well"/>; a verb that tells no result ended well.</summary>
    /// <exception cref="UserError">Everything that went wrong, with the exit code of the outcome.</exception>
    public static void Require(this IReadOnlyList<ActivationEvent> events, params Outcome[] well)
    {
        if (events.OfType<ResultEvent>().LastOrDefault() is not { } result || well.Contains(result.Outcome))
            return;
        throw new UserError(
            string.Join('\n', result.Errors.Select(error => error.Message)),
            string.Join('\n', result.Errors.Select(error => error.Hint).OfType<string>()))
        { ExitCode = result.Outcome.ExitCode() };
    }
}
