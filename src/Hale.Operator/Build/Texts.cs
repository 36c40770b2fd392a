using System.Text.RegularExpressions;
using Hale.Produce;
using Hale.Store;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Build;

/// <summary>Text files and folders of links: what is made from other store paths alone.</summary>
internal static partial class Texts
{
    /// <summary>The file, with the real paths where placeholders stood; its references are the paths that it names.</summary>
    /// <param name="file">What is asked for.</param>
    /// <param name="built">What its inputs came to.</param>
    /// <param name="store">Where it goes.</param>
    /// <exception cref="UserError">It names something to build without saying so.</exception>
    public static PathInfo Add(TextFile file, IReadOnlyDictionary<Derivation, PathInfo> built, LocalStore store)
    {
        var text = file.Content.ToString();
        var references = new List<StorePath>();
        foreach (var (input, path) in built)
            if (text.Contains(input.Path, StringComparison.Ordinal))
            {
                text = text.Replace(input.Path, path.Path.ToString(), StringComparison.Ordinal);
                references.Add(path.Path);
            }
        foreach (Match match in StoreReference().Matches(text))
            if (StorePath.TryParse(match.Value, out var named) ? !references.Contains(named) : match.Length > 0)
                throw new UserError(
                    $"The text {file.Name} names {match.Value} without carrying it, so it would not come along to the machine.",
                    "A module names what it builds in an interpolated string that becomes a Text, or says so with Text.Naming.");
        return store.AddText(file.Name, text, file.Executable, references);
    }

    /// <summary>A folder of links; everything it leads to is a reference.</summary>
    public static PathInfo Add(LinkFolder folder, IReadOnlyDictionary<Derivation, PathInfo> built, LocalStore store) =>
        store.AddTree(
            folder.Name,
            folder.Entries.Select(entry => KeyValuePair.Create(entry.Path, TreeEntry.Link(built[entry.Target].Path.ToString()))),
            folder.Entries.Select(entry => built[entry.Target].Path));

    [GeneratedRegex(@"/nix/store/[0-9a-z]{32}-[A-Za-z0-9+\-._?=]+")]
    private static partial Regex StoreReference();
}
