using Hale.Contribute;
using Hale.Declare;

namespace Hale.Evaluate;

/// <summary>Checks of what is said once, for the whole fleet.</summary>
internal static class FleetChecks
{
    public static IEnumerable<Problem> Check(Fleet fleet)
    {
        if (!DnsName.IsValid(fleet.Domain))
            yield return new Problem($"\"{fleet.Domain}\" is not a DNS name, so it cannot be the fleet's domain.", "Write a name such as \"example.org\", in lower case.");
        if (fleet.TimeZone.Split('/').Any(part => part.Length == 0 || !part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '+')))
            yield return new Problem($"\"{fleet.TimeZone}\" is not a name of a time zone.", "Write an IANA name such as \"Europe/Lisbon\" or \"Etc/UTC\".");
        if (fleet.DebianRelease.Length == 0 || !fleet.DebianRelease.All(c => char.IsAsciiLetterLower(c) || c == '-'))
            yield return new Problem($"\"{fleet.DebianRelease}\" is not the name of a Debian release.", "Write its code name: \"trixie\".");
        if (fleet.Mirror is { } mirror && !(Uri.TryCreate(mirror, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return new Problem($"\"{fleet.Mirror}\" is not the address of a mirror.", "Write the URL that the mirror's dists/ and pool/ lie below, or leave it out to use the one of this computer's apt.");
        if (fleet.Hosts.Count == 0)
            yield return new Problem("The fleet has no hosts.", "Add one: Hosts = { new Host(\"name\") { … } }.");

        var seen = new Dictionary<string, SourceLocation>(StringComparer.Ordinal);
        foreach (var (host, where) in fleet.Hosts)
        {
            if (!DnsName.IsLabel(host.Name))
                yield return new Problem($"\"{host.Name}\" is not a host name.", "Use lower-case letters, digits and inner hyphens, at most 63 of them.") { Where = where, Host = host.Name };
            if (!seen.TryAdd(host.Name, where))
                yield return new Problem($"Two hosts have the name {host.Name}.", "Rename one of them.") { Where = seen[host.Name], Also = [where], Host = host.Name };
            if (host.Address is { } address && (address.Length == 0 || address.StartsWith('-') || address.Any(char.IsWhiteSpace)))
                yield return new Problem($"\"{address}\" is not an address that ssh understands.", "Write it as \"root@host\".") { Where = where, Host = host.Name, Setting = nameof(Host.Address) };
        }
    }
}
