using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Recovery;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// A system's secrets on their way into memory: opened while nothing is touched, written beside what counts, switched to by one
/// rename, and what is past pruned at the end. Disposing wipes the values.
/// </summary>
internal sealed class SecretStaging : IDisposable
{
    private readonly ActivationContext _context;
    private readonly SystemManifest _manifest;
    private readonly OpenedSecrets _opened;
    private readonly StageArea _main;
    private readonly StageArea _forUsers;
    private readonly IReadOnlyList<string> _changed;
    private string? _next;

    private SecretStaging(ActivationContext context, SystemManifest manifest, OpenedSecrets opened)
    {
        (_context, _manifest, _opened) = (context, manifest, opened);
        (_main, _forUsers) = (StageArea.ForUnits(context.Files), StageArea.ForUsers(context.Files));
        (_changed, var added) = _main.Compare(opened.Items);
        Touched = [.. _changed.Concat(added).Order(StringComparer.Ordinal)];
    }

    /// <summary>Opens everything; nothing is written.</summary>
    /// <param name="context">The machine.</param>
    /// <param name="manifest">The system.</param>
    /// <param name="today">The store path of the encrypted files that are to count.</param>
    internal static SecretStaging Open(ActivationContext context, SystemManifest manifest, string? today) =>
        new(context, manifest, Opening.Open(context.Files, manifest, today));

    /// <summary>Whether the system has anything secret.</summary>
    internal bool Any => StagedNames.Any(_manifest);

    /// <summary>Whether something must be there before users are made.</summary>
    internal bool AnyForUsers => _manifest.Secrets.Any(s => s.ForUsers);

    /// <summary>What could not be opened.</summary>
    internal IReadOnlyList<ActivationError> Errors => _opened.Errors;

    /// <summary>Whether nothing was staged since the machine booted: nobody uses a secret yet that could change.</summary>
    internal bool IsFirst => _main.Current is null;

    /// <summary>Names below <c>/run/secrets</c> whose content changes or that come; empty at the first staging.</summary>
    internal IReadOnlyList<string> Touched { get; }

    /// <summary>A plan with what only the machine knows: which secrets change, and whom that concerns.</summary>
    /// <param name="plan">What the two systems come to without their secrets.</param>
    /// <param name="also">Names that have changed already, and whose users have perhaps not followed.</param>
    internal ActivationPlan AddTo(ActivationPlan plan, IEnumerable<string>? also = null) => plan with
    {
        SecretsChanged = [.. _changed.Order(StringComparer.Ordinal)],
        Units = SecretUsers.With(plan, _manifest, [.. Touched.Union(also ?? [], StringComparer.Ordinal)]),
    };

    /// <summary>Says that a generation does not get the secrets it had: they are no configuration.</summary>
    internal void Warn(ActivationJournal journal)
    {
        var provided = _manifest.Secrets.Any(s => s.Origin == SecretOrigin.Provided);
        if (!journal.Recorded || !provided || journal.NewSealed == _manifest.Sealed)
            return;
        _context.Report(new WarningEvent(
            $"Generation {journal.Generation.Number} runs with today's secrets.",
            "To have the old values back, put them into the sops files and deploy."));
        if (_opened.FromOwnFiles is { Count: > 0 } gone)
            _context.Report(new WarningEvent(
                $"Today's files no longer have {string.Join(", ", gone)}: taken from those that generation {journal.Generation.Number} came with."));
    }

    /// <summary>Keeps what was made, and stages what must be there before users are.</summary>
    internal void BeforeUsers()
    {
        GeneratedSecrets.Keep(_context, _opened.Items);
        var early = _opened.Items.Where(i => i.Declared is ManifestSecret { ForUsers: true }).ToList();
        if (early.Count > 0 && _forUsers.Write(early, Accounts.Read(_context.Files)) is { } next)
            _forUsers.Switch(next);
    }

    /// <summary>Writes all as the next generation; it counts from <see cref="Switch"/> on.</summary>
    internal void Write()
    {
        GeneratedSecrets.Keep(_context, _opened.Items);
        if (Any)
            _next = _main.Write(_opened.Items, Accounts.Read(_context.Files));
    }

    /// <summary>
    /// What was written counts now, and links to it stand where they should. The values are wiped: what comes now, checks and
    /// confirmation, may take minutes.
    /// </summary>
    /// <param name="known">Systems whose links may be there.</param>
    internal void Switch(IEnumerable<SystemManifest> known)
    {
        if (_next is not null)
        {
            _main.Switch(_next);
            foreach (var name in Touched)
                _context.Did(StepKind.Secrets, name, "changed");
        }

        StagedLinks.Settle(_context.Files, known, _manifest);
        Dispose();
    }

    /// <summary>Removes what counts no longer, also what a crash left half made.</summary>
    internal static void Prune(MachineFiles files, SystemManifest manifest)
    {
        var (main, forUsers) = (StageArea.ForUnits(files), StageArea.ForUsers(files));
        if (StagedNames.Any(manifest))
            main.Prune();
        else
            main.Clear();
        if (manifest.Secrets.Any(s => s.ForUsers))
            forUsers.Prune();
        else
            forUsers.Clear();
    }

    /// <summary>Wipes the values.</summary>
    public void Dispose() => _opened.Dispose();
}
