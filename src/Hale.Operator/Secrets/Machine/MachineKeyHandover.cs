using Hale.Operator.Secrets.Recipients;
using Hale.Produce;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets.Machine;

/// <summary>What is asked for.</summary>
internal sealed record MachineKeyOptions
{
    /// <summary>A new key though there is one.</summary>
    public bool Replace { get; init; }

    /// <summary>Whether .sops.yaml and the files are left as they are.</summary>
    public bool LeaveFiles { get; init; }

    /// <summary>Where to keep a copy on this computer, an absolute path; null for nowhere.</summary>
    public string? Save { get; init; }
}

/// <summary>What it came to.</summary>
/// <param name="Host">The host.</param>
/// <param name="Recipient">Whom to encrypt to for it.</param>
/// <param name="Key">made, replaced, protected (its mode was mended) or kept.</param>
/// <param name="Replaced">Whom files were encrypted to before; null where nobody was replaced.</param>
/// <param name="Saved">Where a copy is; null for nowhere.</param>
/// <param name="Rules">The .sops.yaml that changed.</param>
/// <param name="Files">The files that were encrypted again.</param>
/// <param name="Wanted">The files that the host's secrets come from.</param>
/// <param name="Unfinished">Why files could not be encrypted again; null where they were.</param>
/// <param name="Hint">What to do about that.</param>
internal sealed record MachineKeyResult(
    string Host, string Recipient, string Key, string? Replaced, string? Saved, IReadOnlyList<string> Rules, IReadOnlyList<string> Files,
    IReadOnlyList<string> Wanted, string? Unfinished, string? Hint);

/// <summary>
/// Gives a machine a key of its own, and makes the files that its secrets come from open to it. In an order in which the machine can
/// open its secrets at every moment: a new key is told to the files before it is placed, and the one before stays in the key file
/// beside it, because what is deployed is still encrypted to that.
/// </summary>
/// <param name="place">Where the command works.</param>
/// <param name="plan">The host.</param>
/// <param name="machine">The key file there.</param>
internal sealed class MachineKeyHandover(SecretsPlace place, HostPlan plan, MachineKeyFile machine)
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string host = plan.Host.Name;

    /// <summary>Does it.</summary>
    /// <exception cref="UserError">The machine cannot be reached (5), or a file to save to exists.</exception>
    /// <exception cref="SecretsError">What is there as a key is none.</exception>
    public async Task<MachineKeyResult> RunAsync(MachineKeyOptions options, CancellationToken cancellation)
    {
        if (options.Save is { } save && File.Exists(save))
            throw new UserError($"{place.NameOf(save)} exists; a key is never written over.", "Name another file, or move this one away.");
        var found = await machine.ReadAsync(cancellation).ConfigureAwait(false);
        if (found is not null && !options.Replace)
            return await KeepAsync(found, options, cancellation).ConfigureAwait(false);

        var key = AgeIdentity.Generate();
        var text = key.ToKeyFile(place.Now);
        if (found is null)
        {
            Save(text, options.Save);
            await machine.PlaceAsync(text, replace: false, cancellation).ConfigureAwait(false);
            return Result(key.Recipient, "made", null, options, Add(key.Recipient, options));
        }
        var added = Add(key.Recipient, options);
        Save(text, options.Save);
        await machine.PlaceAsync($"{text}\n# The key before, which what is deployed may still be encrypted to.\n{OwnLines(found)}\n", replace: true, cancellation)
            .ConfigureAwait(false);
        var result = Result(key.Recipient, "replaced", found.Recipient, options, added);
        return result.Unfinished is null && !options.LeaveFiles ? WithoutOld(result, found.Recipient) : result;
    }

    private async Task<MachineKeyResult> KeepAsync(FoundKey found, MachineKeyOptions options, CancellationToken cancellation)
    {
        Save(found.Text, options.Save);
        if (!found.IsPrivate)
            await machine.PlaceAsync(found.Text, replace: true, cancellation).ConfigureAwait(false);
        return Result(found.Recipient, found.IsPrivate ? "kept" : "protected", null, options, Add(found.Recipient, options));
    }

    /// <summary>The line of the key that is replaced; one that was replaced earlier goes.</summary>
    private static string OwnLines(FoundKey found) =>
        found.Text.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.StartsWith("AGE-SECRET-KEY-", StringComparison.OrdinalIgnoreCase))
        ?? throw new UserError("The machine's key is an SSH key, beside which no other can stand.", $"Move it away on the machine, and run this again without --replace.");

    /// <summary>Makes the files open to the key; what went wrong is part of the result, because the machine has its key all the same.</summary>
    private (RecipientsChanged? Changed, string? Unfinished, string? Hint) Add(AgeRecipient recipient, MachineKeyOptions options)
    {
        var files = FilesOfHost();
        if (options.LeaveFiles || files.Count == 0)
            return (new RecipientsChanged([], [], []), null, null);
        var command = $"hale secrets recipients add {recipient} {string.Join(' ', files.Select(place.NameOf))} --name {host}";
        try
        {
            return (new RecipientChange(place, recipient).Add(files, host), null, null);
        }
        catch (Exception error) when (error is SecretsError or UserError)
        {
            return (null, error.Message, $"{(error as SecretsError)?.Hint ?? ((UserError)error).Hint} Then: {command}".TrimStart());
        }
        catch (RefusedException refused)
        {
            return (null, string.Join('\n', refused.Diagnostics.Select(one => one.Message)), $"Where they can be decrypted, run: {command}");
        }
    }

    /// <summary>The key that was replaced opens nothing that is deployed from now on.</summary>
    private MachineKeyResult WithoutOld(MachineKeyResult result, AgeRecipient old)
    {
        var files = FilesOfHost();
        if (files.Count == 0)
            return result;
        try
        {
            var removed = new RecipientChange(place, old).Remove(files);
            return result with
            {
                Rules = [.. result.Rules.Union(removed.Rules)],
                Files = [.. result.Files.Union(removed.Files)],
            };
        }
        catch (RefusedException refused)
        {
            return result with
            {
                Unfinished = string.Join('\n', refused.Diagnostics.Select(one => one.Message)),
                Hint = $"Where they can be decrypted, run: hale secrets recipients remove {old}",
            };
        }
    }

    /// <summary>Where the host's secrets are or will be; before there is any file at all, where they would be.</summary>
    private List<string> FilesOfHost()
    {
        var files = new SecretFiles(place.Root);
        var places = files.Find(plan, []);
        var wanted = plan.Secrets.Select(planned => planned.Secret).Where(secret => secret.Origin != Declare.SecretOrigin.Machine)
            .Select(secret => places.GetValueOrDefault(secret.Name)?.File ?? files.TargetOf([host], secret)).Distinct().ToList();
        return wanted.Count > 0 || SecretsPlace.EncryptedBelow(place.Root).Any() ? wanted : [Path.Combine(place.Root, "secrets", $"{host}.yaml")];
    }

    private MachineKeyResult Result(
        AgeRecipient recipient, string what, AgeRecipient? replaced, MachineKeyOptions options,
        (RecipientsChanged? Changed, string? Unfinished, string? Hint) added) => new(
        host, recipient.ToString(), what, replaced?.ToString(), options.Save is null ? null : place.NameOf(options.Save),
        added.Changed?.Rules ?? [], added.Changed?.Files ?? [], [.. FilesOfHost().Select(place.NameOf)], added.Unfinished, added.Hint);

    private static void Save(string text, string? path)
    {
        if (path is null)
            return;
        using var file = new FileStream(
            path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersOnly });
        file.Write(System.Text.Encoding.UTF8.GetBytes(text));
        file.Flush(flushToDisk: true);
    }
}
