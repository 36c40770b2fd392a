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
    /// <summary>It is reached, and stays.</summary>
    internal const string Yes = "confirmed";

    /// <summary>It is reached, and waits anew: other hosts are not yet where it is.</summary>
    internal const string Hold = "held";

    /// <summary>It is reached, and goes back: another host failed.</summary>
    internal const string Decline = "declined";

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
            if (Taken(context.Files, token, Decline))
            {
                context.Report(new StepEvent(StepKind.Confirm, Progress.Failed));
                return new ActivationError("The deployment to another host failed, and this one goes back with it, as --together asks.");
            }

            if (Taken(context.Files, token, Yes))
            {
                context.Report(new StepEvent(StepKind.Confirm, Progress.Done));
                return null;
            }

            if (Taken(context.Files, token, Hold))
                begin = context.Clock.GetTimestamp();
            await Task.Delay(Pause, context.Clock).ConfigureAwait(false);
        }

        context.Report(new StepEvent(StepKind.Confirm, Progress.Failed));
        return new ActivationError(
            $"Nobody reached the machine over a new connection within {seconds} s.",
            "The new system may have broken the network, sshd or the firewall; or the computer that deployed lost its own connection.");
    }

    /// <summary>Says that the machine can be reached.</summary>
    /// <param name="files">The machine.</param>
    /// <param name="token">Which switch.</param>
    /// <param name="answer">Whether it stays: <see cref="Yes"/>, <see cref="Hold"/> or <see cref="Decline"/>.</param>
    /// <exception cref="UserError">Nothing waits for this confirmation.</exception>
    internal static void Give(MachineFiles files, string token, string answer = Yes)
    {
        if (token.Length == 0 || !token.All(char.IsAsciiHexDigit))
            throw new UserError($"'{token}' is not the token of an activation.", "It is what the event 'awaiting' says.");
        files.MakeFolder("/run/hale", FolderMode);
        files.Write(Place(token, answer), [], FileMode);
    }

    /// <summary>A file for each answer: one that comes while another is read is not lost.</summary>
    private static bool Taken(MachineFiles files, string token, string answer)
    {
        if (!files.Exists(Place(token, answer)))
            return false;
        files.Remove(Place(token, answer));
        return true;
    }

    private static string Place(string token, string answer) => $"/run/hale/{answer}-{token}";
}
