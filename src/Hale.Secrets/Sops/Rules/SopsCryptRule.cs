using System.Text.RegularExpressions;

namespace Hale.Secrets;

/// <summary>Which leaves a file keeps encrypted: by the names on their path, or by the comments before them.</summary>
internal sealed record SopsCryptRule(string Kind, string Pattern)
{
    private const string DefaultPattern = "_unencrypted";
    private const string UnencryptedSuffix = "unencrypted_suffix";
    private const string EncryptedSuffix = "encrypted_suffix";
    private const string UnencryptedRegex = "unencrypted_regex";
    private const string EncryptedRegex = "encrypted_regex";
    private const string UnencryptedCommentRegex = "unencrypted_comment_regex";
    private const string EncryptedCommentRegex = "encrypted_comment_regex";

    internal static readonly SopsCryptRule Default = new(UnencryptedSuffix, DefaultPattern);

    internal static readonly IReadOnlyList<string> Kinds =
        [UnencryptedSuffix, EncryptedSuffix, UnencryptedRegex, EncryptedRegex, UnencryptedCommentRegex, EncryptedCommentRegex];

    // Go's expressions have no look-around and match in linear time; so do these.
    private readonly Regex? regex = Kind.EndsWith("_regex", StringComparison.Ordinal)
        ? new Regex(Pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)
        : null;

    /// <summary>The rule among the settings of a map; the default where there is none.</summary>
    internal static SopsCryptRule Read(SopsDocument document, SopsMap map)
    {
        var set = map.Entries.Where(entry => Kinds.Contains(entry.Key) && entry.Value is SopsLeaf { Text.Length: > 0 }).ToList();
        if (set.Count > 1)
            throw document.Malformed(
                $"{string.Join(" and ", set.Select(entry => entry.Key))} are both set", set[1].Range.Start, "sops allows one of them.");
        if (set.Count == 0)
            return Default;
        var pattern = ((SopsLeaf)set[0].Value).Text;
        try
        {
            return new SopsCryptRule(set[0].Key, pattern);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw document.Malformed(
                $"{set[0].Key} \"{pattern}\" is not a regular expression", set[0].Range.Start, "Write it in Go's syntax (RE2).");
        }
    }

    /// <summary>Whether a leaf is encrypted.</summary>
    /// <param name="path">The keys on the way to it.</param>
    /// <param name="comments">For each level the comments right before the entry on the way; a comment is among its own.</param>
    /// <param name="isComment">Whether it is itself a comment.</param>
    internal bool Encrypts(IReadOnlyList<string> path, IReadOnlyList<IReadOnlyList<string>> comments, bool isComment) => Kind switch
    {
        UnencryptedSuffix => !path.Any(key => key.EndsWith(Pattern, StringComparison.Ordinal)),
        EncryptedSuffix => path.Any(key => key.EndsWith(Pattern, StringComparison.Ordinal)),
        UnencryptedRegex => !path.Any(regex!.IsMatch),
        EncryptedRegex => path.Any(regex!.IsMatch),
        UnencryptedCommentRegex => !comments.Any(level => level.Any(regex!.IsMatch)),
        // The comment that asks for encryption stays readable itself.
        _ => comments.Select((level, index) => isComment && index == comments.Count - 1 ? level.SkipLast(1) : level)
            .Any(level => level.Any(regex!.IsMatch)),
    };
}
