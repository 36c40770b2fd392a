namespace Hale.Contribute;

/// <summary>The grammar of DNS names (RFC 1123, section 2.1), lower case.</summary>
public static class DnsName
{
    /// <summary>Whether it is a name of one label or more, at most 253 characters in all.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 253 && name.Split('.').All(IsLabel);

    /// <summary>Whether it is one label: 1 to 63 letters, digits and inner hyphens, lower case.</summary>
    public static bool IsLabel(string label) =>
        label.Length is > 0 and <= 63
        && label[0] != '-' && label[^1] != '-'
        && label.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
