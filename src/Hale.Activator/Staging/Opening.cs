using Hale.Activator.Machine;
using Hale.Store.Closure;

namespace Hale.Activator.Staging;

/// <summary>Reads, makes and decrypts all that is secret in a system, into memory: nothing is written, and every problem is told.</summary>
internal static class Opening
{
    /// <param name="files">The machine's files.</param>
    /// <param name="manifest">The system.</param>
    /// <param name="today">The encrypted files that count; the system's own where they no longer have what it needs.</param>
    internal static OpenedSecrets Open(MachineFiles files, SystemManifest manifest, string? today)
    {
        var opened = new OpenedSecrets();
        try
        {
            // What is no name is told by the precheck, and not looked for.
            var secrets = manifest.Secrets.Where(s => StagedNames.IsRelative(s.Name)).ToList();
            foreach (var secret in secrets.Where(s => s.Origin == SecretOrigin.Generated && s.Length is > 0 and <= 4096 && s.Alphabet.Length > 0))
            {
                var (value, drawn) = GeneratedSecrets.Open(files, secret);
                opened.Items.Add(new StagedItem(secret, value, drawn));
            }

            if (secrets.Where(s => s.Origin == SecretOrigin.Provided && StagedNames.IsRelative(s.File)).ToList() is { Count: > 0 } provided)
                Provided(files, provided, today, manifest.Sealed, opened);
            Templates(files, manifest, opened);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A method of its own, so that no type of Hale.Secrets is loaded where nothing is encrypted.</summary>
    private static void Provided(MachineFiles files, List<ManifestSecret> secrets, string? today, string? own, OpenedSecrets opened)
    {
        using var sealedFiles = new SealedFiles(files, opened);
        sealedFiles.Open(secrets, today, own);
    }

    private static void Templates(MachineFiles files, SystemManifest manifest, OpenedSecrets opened)
    {
        if (manifest.Templates.Count == 0)
            return;
        var values = opened.Items.ToDictionary(i => i.Name, i => i.Content, StringComparer.Ordinal);
        var known = manifest.Secrets.Select(s => s.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var template in manifest.Templates.Where(t => StagedNames.IsRelative(t.Name)))
            if (files.Read(template.Path) is { } text && Template.Render(template, text, values, known, opened.Errors) is { } content)
                opened.Items.Add(new StagedItem(template, content));
    }
}
