using Hale.Activator.Machine;
using Hale.Store;
using Hale.Store.Closure;

namespace Hale.Activator.Health;

/// <summary>
/// The dead man's switch: a system that nobody can reach over a new connection does not stay, whether the network, sshd, the
/// firewall or the operator's computer is what broke.
/// </summary>
internal static class Confirmation
{
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_000_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.05);

    /// <summary>Waits until somebody confirms.</summary>
    /// <returns>Why not; null once somebody did.</returns>
    internal static async Task<ActivationError?> AwaitAsync(ActivationContext context, string token, int seconds)
    {
        var begin = context.Clock.GetTimestamp();
        context.Report(new StepEvent(StepKind.Confirm, Progress.Started));
        context.Report(new AwaitingEvent(token, seconds));
        // By the time since the start, not the time of day: a clock that is set meanwhile changes nothing.
        while (context.Clock.GetElapsedTime(begin).TotalSeconds < seconds)
        {
            if (context.Files.Exists(Place(token)))
            {
                context.Files.Remove(Place(token));
                context.Report(new StepEvent(StepKind.Confirm, Progress.Done));
                return null;
            }

            await Task.Delay(Pause, context.Clock).ConfigureAwait(false);
        }

        context.Report(new StepEvent(StepKind.Confirm, Progress.Failed));
        return new ActivationError(
            $"Nobody reached the machine over a new connection within {seconds} s.",
            "The new system may have broken the network, sshd or the firewall; or the computer that deployed lost its own connection.");
    }

    /// <summary>Says that the machine can be reached.</summary>
    /// <exception cref="UserError">Nothing waits for this confirmation.</exception>
    internal static void Give(MachineFiles files, string token)
    {
        if (token.Length == 0 || !token.All(char.IsAsciiHexDigit))
            throw new UserError($"'{token}' is not the token of an activation.", "It is what the event 'awaiting' says.");
        files.MakeFolder("/run/hale", FolderMode);
        files.Write(Place(token), [], FileMode);
    }

    private static string Place(string token) => $"/run/hale/confirmed-{token}";
}
