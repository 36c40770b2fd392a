using Hale.Store.Closure;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Deploy;

/// <summary>The texts by which a machine can say which secrets would change, before the system is there: all encrypted, or without a value in them.</summary>
internal static class SecretTexts
{
    /// <summary>Encrypted files and templates, by their paths in the system.</summary>
    public static IReadOnlyDictionary<string, string> Of(SystemManifest manifest, LocalStore store)
    {
        var texts = manifest.Templates.Select(template => template.Path).ToDictionary(path => path, path => File.ReadAllText(Real(path)), StringComparer.Ordinal);
        if (manifest.Sealed is { } folder)
            foreach (var file in manifest.Secrets.Select(secret => secret.File).Where(file => file.Length > 0).Distinct(StringComparer.Ordinal))
                texts[$"{folder}/{file}"] = File.ReadAllText(Path.Combine(Real(folder), file));
        return texts;

        string Real(string path) => store.Real(StorePath.Parse(path));
    }
}
