using System.Globalization;
using System.Net;
using Hale.Store;

namespace Hale.Operator.Doctor;

/// <summary>Where a name leads, whatever DNS says.</summary>
/// <param name="Name">The name; <c>*</c> for every one.</param>
/// <param name="Address">The address.</param>
/// <param name="HttpsPort">The port that HTTPS is at there; other ports stay.</param>
internal sealed record Told(string Name, IPAddress Address, int HttpsPort)
{
    public int PortFor(int port) => port == 443 ? HttpsPort : port;
}

/// <summary>Names that the command line resolves: machines of a lab, or a host before its names lead there.</summary>
internal sealed class Resolved
{
    private readonly List<Told> all = [];

    /// <summary>Reads <c>NAME=ADDRESS</c> and <c>NAME=ADDRESS:PORT</c>.</summary>
    /// <exception cref="UserError">One is not of that form.</exception>
    public static Resolved Parse(IEnumerable<string> said)
    {
        var resolved = new Resolved();
        foreach (var text in said)
            resolved.all.Add(
                text.Split('=', 2) is [{ Length: > 0 } name, var to] && One(name, to) is { } told
                    ? told
                    : throw new UserError(
                        $"--resolve {text} is not of the form NAME=ADDRESS.", "Write --resolve chat.example.org=203.0.113.7, or --resolve '*=127.0.0.1:8443' for every name.")
                    { ExitCode = HaleCommand.Usage });
        return resolved;
    }

    /// <summary>Whether the command line says where every name leads: then nothing is asked of DNS.</summary>
    public bool IsEverything => all.Exists(told => told.Name == "*");

    /// <summary>The same, but that a name leads to one place.</summary>
    public Resolved With(Told told)
    {
        var more = new Resolved();
        more.all.AddRange([told, .. all.Where(one => !string.Equals(one.Name, told.Name, StringComparison.OrdinalIgnoreCase))]);
        return more;
    }

    /// <summary>Where a name leads first; null where DNS is asked.</summary>
    public Told? Find(string name) => All(name) is [var first, ..] ? first : null;

    /// <summary>All that a name leads to; empty where DNS is asked.</summary>
    public IReadOnlyList<Told> All(string name) =>
        all.FindAll(told => string.Equals(told.Name, name, StringComparison.OrdinalIgnoreCase)) is { Count: > 0 } own ? own : all.FindAll(told => told.Name == "*");

    private static Told? One(string name, string to)
    {
        if (IPAddress.TryParse(to, out var address))
            return new Told(name, address, 443);
        var colon = to.LastIndexOf(':');
        return colon > 0 && IPAddress.TryParse(to[..colon].Trim('[', ']'), out address)
            && int.TryParse(to[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? new Told(name, address, port)
            : null;
    }
}
