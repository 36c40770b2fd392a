namespace Hale.Secrets;

/// <summary>A leaf or a comment on the way through a document.</summary>
/// <param name="Node">It.</param>
/// <param name="Path">The keys on the way; list indexes are not among them.</param>
/// <param name="Encrypted">Whether the rule wants it encrypted.</param>
internal sealed record SopsPlace(SopsNode Node, IReadOnlyList<string> Path, bool Encrypted)
{
    /// <summary>What the ciphertext is bound to.</summary>
    internal string Bound => BoundTo(Path);

    internal static string BoundTo(IEnumerable<string> path) => string.Join(':', path) + ":";
}

/// <summary>The order in which sops visits leaves, which is the order they are authenticated in.</summary>
internal static class SopsWalk
{
    internal static IEnumerable<SopsPlace> Through(SopsMap root, SopsCryptRule rule) => Items(root.Items, [], [], rule);

    private static IEnumerable<SopsPlace> Items(
        IReadOnlyList<SopsNode> items, IReadOnlyList<string> path, IReadOnlyList<IReadOnlyList<string>> around, SopsCryptRule rule)
    {
        var before = new List<string>();
        IReadOnlyList<IReadOnlyList<string>> comments = [.. around, before];
        foreach (var item in items)
        {
            if (item is SopsComment comment)
            {
                before.Add(comment.Text);
                yield return new SopsPlace(comment, path, rule.Encrypts(path, comments, isComment: true));
                continue;
            }

            var (value, inner) = item is SopsEntry entry ? (entry.Value, (IReadOnlyList<string>)[.. path, entry.Key]) : (item, path);
            foreach (var place in value switch
            {
                SopsLeaf leaf => [new SopsPlace(leaf, inner, rule.Encrypts(inner, comments, isComment: false))],
                SopsMap map => Items(map.Items, inner, comments, rule),
                SopsList list => Items(list.Items, inner, comments, rule),
                _ => [],
            })
                yield return place;
            before.Clear();
        }
    }
}
