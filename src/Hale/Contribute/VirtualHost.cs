using System.Globalization;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Contribute;

/// <summary>
/// A site, or a part of one, for the host's gateway. Several modules may contribute to the same name: their routes join.
/// </summary>
/// <param name="Name">The DNS name that it answers to.</param>
public sealed record VirtualHost(string Name) : Contribution
{
    /// <summary>
    /// Its routes. The gateway takes the lowest <see cref="Route.Order"/> first, then the longest path, a route without paths last.
    /// </summary>
    public EquatableArray<Route> Routes { get; init; } = [];

    /// <summary>
    /// A port that it answers at instead of the gateway's own, over HTTPS too; null for the gateway's own. Whoever asks for one says
    /// that the gateway's unit listens there (<see cref="ListenPort"/>), and whether others may come (<see cref="FirewallPort"/>).
    /// </summary>
    public Port? Port { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Implies(HostView host) => [new SiteOutside(Name)];

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (!DnsName.IsValid(Name))
            yield return new Problem($"\"{Name}\" is not a DNS name, so no site can answer to it.", "Write a name such as \"chat.example.org\".");
        foreach (var route in Routes)
            foreach (var (name, value) in route.Headers)
                if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)) || value.Any(char.IsControl))
                    yield return new Problem($"The site {Name} answers with the header \"{name}: {value}\".", "Write a name of RFC 9110, section 5.1, and a value in one line.");
        foreach (var route in Routes)
            foreach (var path in route.Paths)
                if (!path.StartsWith('/'))
                    yield return new Problem($"The path \"{path}\" of the site {Name} does not begin with a slash.", $"Write \"/{path}\".");
                else if (path.TrimEnd('*').Length < path.Length - 1 || path[..^1].Contains('*') || path.Any(IsNotOfAPath))
                    yield return new Problem(
                        $"The path \"{path}\" of the site {Name} is neither exact nor a prefix.",
                        "End a prefix in one asterisk: \"/files/*\". What prefixes cannot say, PathPattern can.");
        foreach (var proxy in Routes.OfType<ReverseProxy>().Where(proxy => !IsUpstream(proxy.Upstream)))
            yield return new Problem($"The site {Name} hands requests on to \"{proxy.Upstream}\", which is no address of a server.",
                "Write host and port, without a scheme or a path: \"127.0.0.1:3000\"; or a socket: \"unix//run/wiki/wiki.sock\".");
        foreach (var method in Routes.SelectMany(route => route.Methods).Where(method => method.Length == 0 || !method.All(char.IsAsciiLetterUpper)))
            yield return new Problem($"A route of the site {Name} is for the method \"{method}\".", "Write it in capitals: \"GET\".");
    }

    private static bool IsUpstream(string upstream) =>
        upstream.StartsWith("unix//", StringComparison.Ordinal)
            ? upstream.Length > "unix//".Length && !upstream.Any(char.IsWhiteSpace)
            : upstream.LastIndexOf(':') is > 0 and var colon
                && ushort.TryParse(upstream[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
                && (DnsName.IsValid(upstream[..colon]) || (upstream[0] == '[' && upstream[colon - 1] == ']'));

    private static bool IsNotOfAPath(char c) => c is <= ' ' or > '~' or '?' or '#' or '[' or ']' or '{' or '}' or '\\' or '%';
}

/// <summary>What a site does with the requests that match.</summary>
public abstract record Route
{
    /// <summary>
    /// Paths that match the decoded path of a request, in any case of letters: exact, or a prefix that ends in <c>*</c>.
    /// None means every path.
    /// </summary>
    public EquatableArray<string> Paths { get; init; } = [];

    /// <summary>
    /// A regular expression (RE2) over the decoded path with doubled slashes and dots resolved, where paths and prefixes do not
    /// say it; empty for none. Where <see cref="Paths"/> are given too, both must match.
    /// </summary>
    public string PathPattern { get; init; } = "";

    /// <summary>
    /// Headers that every answer has, whatever it would have said itself: <c>("X-Content-Type-Options", "nosniff")</c>. A folder's own
    /// validators (<see cref="StaticFiles"/>) stay.
    /// </summary>
    public EquatableArray<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>HTTP methods that match; none means every method.</summary>
    public EquatableArray<string> Methods { get; init; } = [];

    /// <summary>Lower goes first; 0 unless said. A refusal that must come before everything else takes a negative one.</summary>
    public int Order { get; init; }
}

/// <summary>
/// Hands the request to a server behind the gateway, with its path as it came. A path with dot segments in it, encoded or not, is
/// refused (400): clients resolve them before they ask (RFC 3986, section 5.2.4), and a server may read another path in them than the
/// gateway does.
/// </summary>
/// <param name="Upstream">Its <c>host:port</c>, or <c>unix//path</c>.</param>
public sealed record ReverseProxy(string Upstream) : Route
{
    /// <summary>A prefix to cut off the path before the upstream sees it; empty for none.</summary>
    public string StripPrefix { get; init; } = "";

    /// <summary>The largest request body that is let through, in bytes; 0 sets no limit here.</summary>
    public long MaxRequestBody { get; init; }

    /// <summary>
    /// How long the body may take to arrive; zero for as long as it comes. HTTP/1 hands on no answer before the body has ended, also where the
    /// server has given one long before; over this time, the client gets that answer and the connection ends.
    /// </summary>
    public TimeSpan RequestBodyTime { get; init; }

    /// <summary>
    /// What the gateway answers where the server does not, each for its status: 413 for a body over <see cref="MaxRequestBody"/>, 502 where nobody
    /// answers. A status that none of them has comes without a body. Paths, methods, order and headers of these say nothing.
    /// </summary>
    public EquatableArray<Respond> Failures { get; init; } = [];
}

/// <summary>Answers by itself.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body, as it is.</param>
public sealed record Respond(int Status, string Body = "") : Route
{
    /// <summary>The body's media type.</summary>
    public string ContentType { get; init; } = "text/plain; charset=utf-8";

    /// <summary>
    /// Whether browsers of other sites may read it (<c>Access-Control-Allow-Origin: *</c>), whatever they ask: a preflight (Fetch Standard,
    /// "CORS-preflight request") is told that it may go on, for a browser gives a page nothing of a refusal that stands in its place.
    /// </summary>
    public bool AllowAnyOrigin { get; init; }

    /// <summary>An answer in JSON.</summary>
    public static Respond Json(string json, int status = 200) => new(status, json) { ContentType = "application/json" };
}

/// <summary>Serves files of a folder.</summary>
/// <param name="Root">The folder, a store path.</param>
public sealed record StaticFiles(Derivation Root) : Route
{
    /// <summary>A prefix to cut off the path before looking in the folder; empty for none.</summary>
    public string StripPrefix { get; init; } = "";
}

/// <summary>Sends the client elsewhere.</summary>
/// <param name="To">The URL or path.</param>
/// <param name="Status">301, 302, 303, 307 or 308.</param>
public sealed record Redirect(string To, int Status = 308) : Route;
