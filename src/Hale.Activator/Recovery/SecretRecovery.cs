using Hale.Activator.Staging;
using Hale.Store.Closure;

namespace Hale.Activator.Recovery;

/// <summary>
/// Secrets after an interrupted activation: those of the committed system count, half-written ones go. After another boot memory
/// is empty, and <c>hale-secrets.service</c> fills it.
/// </summary>
internal static class SecretRecovery
{
    /// <returns>What could not be opened; what was staged before stays then.</returns>
    internal static IReadOnlyList<ActivationError> Run(
        ActivationContext context, ActivationJournal journal, bool committed, IReadOnlyCollection<SystemManifest> known, SystemManifest? current)
    {
        var today = committed ? journal.NewSealed : TodaysSecrets.Folder(context.Files);
        if (journal.Boot != ActivationJournal.ThisBoot(context.Files))
        {
            TodaysSecrets.Set(context.Files, today);
            StagedLinks.Settle(context.Files, known, current);
            return [];
        }

        if (current is null)
        {
            StagedLinks.Settle(context.Files, known, null);
            StageArea.ForUnits(context.Files).Clear();
            StageArea.ForUsers(context.Files).Clear();
            return [];
        }

        using var secrets = SecretStaging.Open(context, current, today);
        if (secrets.Errors.Count > 0)
        {
            TodaysSecrets.Set(context.Files, today);
            return secrets.Errors;
        }

        secrets.BeforeUsers();
        secrets.Write();
        secrets.Switch(known, today);
        secrets.Prune();
        return [];
    }
}
