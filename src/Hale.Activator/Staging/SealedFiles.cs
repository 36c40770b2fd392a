using Hale.Activator.Machine;
using Hale.Secrets;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>
/// The encrypted sops files on the machine, opened with its key, each once. The only place that knows Hale.Secrets: a system whose
/// secrets the machine makes for itself never loads it.
/// </summary>
internal sealed class SealedFiles : IDisposable
{
    internal const string KeyFile = "/var/lib/hale/key.txt";
    private readonly MachineFiles _files;
    private readonly OpenedSecrets _into;
    private readonly IReadOnlyList<AgeIdentity>? _keys;
    private readonly Dictionary<string, SopsContent?> _contents = new(StringComparer.Ordinal);

    internal SealedFiles(MachineFiles files, OpenedSecrets into)
    {
        (_files, _into) = (files, into);
        _keys = Keys();
    }

    /// <summary>Opens the secrets that lie in sops files: from today's where they have them, else from those that the system came with.</summary>
    internal void Open(IEnumerable<ManifestSecret> secrets, string? today, string? own)
    {
        if (_keys is null)
            return;
        foreach (var secret in secrets)
            if (Folder(secret, today, own) is { } folder && Value(folder, secret) is { } value)
            {
                _into.Items.Add(new StagedItem(secret, value));
                if (today is not null && folder != today)
                    _into.FromOwnFiles.Add(secret.Name);
            }
    }

    /// <summary>Where a secret is looked up; null where that was an error, which has been told.</summary>
    private string? Folder(ManifestSecret secret, string? today, string? own)
    {
        if (today is null || today == own)
            return own ?? Missing(secret);
        if (!_files.Exists($"{today}/{secret.File}"))
            return own ?? today;
        return Content($"{today}/{secret.File}", today) is not { } content ? null
            : own is null || secret.Key.Length == 0 || content.Contains(secret.Key) ? today
            : own;
    }

    private byte[]? Value(string folder, ManifestSecret secret)
    {
        if (Content($"{folder}/{secret.File}", folder) is not { } content)
            return null;
        try
        {
            var value = secret.Key.Length == 0 ? content.ToPlaintext() : content.GetBytes(secret.Key);
            if (value.Length > 0)
                return value;
            _into.Errors.Add(new ActivationError(
                $"{secret.File}: {(secret.Key.Length == 0 ? "the file" : $"the value {secret.Key}")} is empty, and is the secret '{secret.Name}'.",
                $"Give it a value: hale secrets set {secret.File} {secret.Key}".TrimEnd()));
        }
        catch (SecretsError e)
        {
            _into.Errors.Add(Told(e, $"{folder}/"));
        }

        return null;
    }

    private SopsContent? Content(string path, string folder)
    {
        if (_contents.TryGetValue(path, out var known))
            return known;
        try
        {
            return _contents[path] = SopsFile.Read(_files.At(path)).Decrypt(_keys!);
        }
        catch (SecretsError e)
        {
            _into.Errors.Add(Told(e, $"{folder}/"));
            return _contents[path] = null;
        }
    }

    private string? Missing(ManifestSecret secret)
    {
        _into.Errors.Add(new ActivationError(
            $"The secret '{secret.Name}' is to come from {secret.File}, and the system brings no encrypted files.", "The builder is at fault."));
        return null;
    }

    /// <summary>That the machine has no key, where it has none.</summary>
    internal static IReadOnlyList<ActivationError> KeyMissing(MachineFiles files) => files.Exists(KeyFile) ? [] :
    [
        new ActivationError(
            $"This machine has no key, {KeyFile}, and the system has secrets in sops files.",
            "Give it one from your computer: hale machine-key HOST"),
    ];

    private IReadOnlyList<AgeIdentity>? Keys()
    {
        try
        {
            if (_files.Exists(KeyFile))
                return AgeIdentity.ReadKeyFile(_files.At(KeyFile));
            _into.Errors.AddRange(KeyMissing(_files));
        }
        catch (SecretsError e)
        {
            _into.Errors.Add(Told(e, KeyFile, KeyFile));
        }

        return null;
    }

    /// <summary>People know a file by its path beside fleet.cs, not by its store path.</summary>
    private ActivationError Told(SecretsError error, string path, string shown = "") => new(
        error.Message.Replace(_files.At(path), shown, StringComparison.Ordinal),
        error.Fault == SecretsFault.NoMatch
            ? "Encrypt the file to this machine too: hale secrets recipients add; or give the machine another key: hale machine-key HOST"
            : error.Hint.Length > 0 ? error.Hint : null);

    /// <summary>Wipes what was opened.</summary>
    public void Dispose()
    {
        foreach (var content in _contents.Values)
            content?.Dispose();
    }
}
