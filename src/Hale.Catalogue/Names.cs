using Hale.Contribute;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>Checks of names and addresses that people write, with a hint for what they meant.</summary>
internal static class Names
{
    public static IEnumerable<Problem> Check(string name, string what, string setting)
    {
        if (!DnsName.IsValid(name))
            yield return new Problem($"\"{name}\" is not a {what}.", Hint(name)) { Setting = setting };
    }

    public static bool IsEmail(string text) =>
        text.Split('@') is [{ Length: > 0 } local, var domain] && DnsName.IsValid(domain.ToLowerInvariant())
        && local.All(c => char.IsAsciiLetterOrDigit(c) || ".!#$%&'*+/=?^_`{|}~-".Contains(c));

    /// <summary>Whether it is an address and the length of a prefix. Nothing of System.Net is in what only evaluates.</summary>
    public static bool IsNetwork(string text) => text.Split('/') is [var address, var length]
        && int.TryParse(length, out var bits) && $"{bits}" == length
        && (address.Contains(':')
            ? bits is >= 0 and <= 128 && address.All(c => char.IsAsciiHexDigit(c) || c == ':')
            : bits is >= 0 and <= 32 && address.Split('.') is { Length: 4 } parts && parts.All(part => byte.TryParse(part, out var value) && $"{value}" == part));

    private static string Hint(string name)
    {
        var bare = name.Trim().ToLowerInvariant();
        bare = bare.Contains("://", StringComparison.Ordinal) ? bare[(bare.IndexOf("://", StringComparison.Ordinal) + 3)..] : bare;
        bare = bare.Split('/', ':')[0].TrimEnd('.');
        return DnsName.IsValid(bare) ? $"Write \"{bare}\": a DNS name in lower case, without scheme, port or path." : "Write a DNS name such as \"chat.example.org\".";
    }
}
