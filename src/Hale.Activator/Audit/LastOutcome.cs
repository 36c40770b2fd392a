using System.Text.Json;
using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Audit;

/// <summary>
/// How the last switch ended, for an operator whose connection did not last: <c>/var/lib/hale/outcome.json</c> is the first line that
/// says whose it was, and the result event. It survives a reboot, for that may be what ended the connection.
/// </summary>
internal static class LastOutcome
{
    private const string Place = "/var/lib/hale/outcome.json";
    private const UnixFileMode FolderMode = (UnixFileMode)0b111_101_101;
    private const UnixFileMode FileMode = (UnixFileMode)0b110_000_000;

    private const string Unproven = " unproven";

    /// <summary>Keeps how a switch ended. Where the disk is full it is told of, and no more: what happened stands.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="token">Whose it is; null where nobody will ask.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="isLast">False while the activation may still say otherwise: this counts only if it ends here, however.</param>
    internal static void Write(ActivationContext context, string? token, ResultEvent result, bool isLast)
    {
        if (token is null)
            return;
        try
        {
            Write(context.Files, isLast ? token : token + Unproven, result);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            context.Report(new WarningEvent($"{Place} could not be written: {e.Message}", "What happened stands; an operator who lost the connection cannot be told."));
        }
    }

    private static void Write(MachineFiles files, string token, ResultEvent result)
    {
        files.MakeFolder("/var/lib/hale", FolderMode);
        byte[] text = [.. System.Text.Encoding.ASCII.GetBytes($"{token}\n"), .. Commands.EventText.Of(result)];
        files.Write(Place, text, FileMode);
    }

    /// <summary>Removes what a kill left of one that was being written.</summary>
    internal static void RemoveUnfinished(MachineFiles files) => files.RemoveUnfinished(Place);

    /// <returns>The result; null where that switch has not ended yet, or another one has since.</returns>
    internal static ResultEvent? Read(MachineFiles files, string token)
    {
        if (files.Read(Place) is not { } text || text.AsSpan().IndexOf((byte)'\n') is not (> 0 and var end))
            return null;
        var whose = System.Text.Encoding.ASCII.GetString(text, 0, end);
        return whose == token || (whose == token + Unproven && DeploymentLock.Holder(files) is null)
            ? JsonSerializer.Deserialize(text.AsSpan(end + 1), EventJson.Default.ActivationEvent) as ResultEvent
            : null;
    }
}
