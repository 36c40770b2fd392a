using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>What is wrong with the settings of a homeserver, and with what is around it on its host.</summary>
internal static class MatrixChecks
{
    public static IEnumerable<Problem> Of(Matrix matrix, GatheredView host) =>
        MatrixNeighbours.OnHost(matrix, host) is { } second ? [second] :
        [
            .. Names(matrix, host), .. MatrixNeighbours.InFleet(matrix, host), .. Limits(matrix), .. Accounts(matrix, host),
            .. Federation(matrix, host), .. Support(matrix), .. Program(matrix, host), .. Gateway(matrix, host),
        ];

    private static IEnumerable<Problem> Names(Matrix matrix, GatheredView host)
    {
        var name = matrix.ServerNameOn(host);
        foreach (var problem in Catalogue.Names.Check(name, "server name", nameof(Matrix.ServerName)))
            yield return problem;
        if (DnsName.IsValid(name) && name.Split('.')[^1].All(char.IsAsciiDigit))
            yield return new Problem(
                $"The server name {name} is an address, and ids would end in it for good.",
                "Write a DNS name that stays yours, such as \"example.org\".")
            { Setting = nameof(Matrix.ServerName) };
        if (name.Length is > 230 and <= 253)
            yield return new Problem(
                $"The server name has {name.Length} characters, and a whole user id may have 255.",
                "Take a name of at most 230 characters.")
            { Setting = nameof(Matrix.ServerName) };
        if (matrix.GatewayHost.Length > 0)
            foreach (var problem in Catalogue.Names.Check(matrix.GatewayHost, "host name", nameof(Matrix.GatewayHost)))
                yield return problem;
    }

    private static IEnumerable<Problem> Limits(Matrix matrix)
    {
        if (matrix.MaxRequestSize is < 1_000_000 or > 2_000_000_000)
            yield return new Problem(
                $"MaxRequestSize is {matrix.MaxRequestSize} bytes.",
                "Write 1_000_000 to 2_000_000_000: clients need a megabyte, and everything is stored on this machine.")
            { Setting = nameof(Matrix.MaxRequestSize) };
        else if (matrix is { Federation: true, Provider: Homeserver.Tuwunel, MaxRequestSize: < MatrixSites.LargestTransaction })
            yield return new Problem(
                $"MaxRequestSize is {matrix.MaxRequestSize} bytes, which tuwunel holds other servers to as well: "
                + "one whose transaction was refused sends the same again, and nothing after it.",
                $"Write {MatrixSites.LargestTransaction:#_###_###} or more, or take the line away.")
            { Setting = nameof(Matrix.MaxRequestSize) };
        if (matrix.RoomVersion is not ("6" or "7" or "8" or "9" or "10" or "11" or "12"))
            yield return new Problem(
                $"\"{matrix.RoomVersion}\" is not a version of rooms that both homeservers make.",
                "Write \"10\", \"11\" or \"12\"; \"6\" to \"9\" for clients of long ago.")
            { Setting = nameof(Matrix.RoomVersion) };
    }

    private static IEnumerable<Problem> Accounts(Matrix matrix, GatheredView host)
    {
        var user = matrix.AdminUser;
        if (user.Length is 0 or > 100 || !user.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || "._=-/".Contains(c)))
            yield return new Problem(
                $"\"{user}\" is not the local part of a user id.",
                "Use lower-case letters, digits and the characters . _ = - /")
            { Setting = nameof(Matrix.AdminUser) };
        else
            foreach (var problem in AccountNames.Check(user, nameof(Matrix.AdminUser), typeof(Matrix), matrix, host, "admin"))
                yield return problem;

        // The declaration says that there is one; a program that does not heed the compiler's warning may say otherwise.
        if (matrix.RegistrationToken is not { } token)
            yield return new Problem(
                "Without a registration token anybody could make accounts on this server.",
                "Take the line away, and the machine makes a token; or write RegistrationToken = Secret.Named(\"registration_token\").")
            { Setting = nameof(Matrix.RegistrationToken) };
        else if (token.Shape is { Kind: SecretKind.Text } shape)
        {
            if (shape.Length > 64)
                yield return new Problem(
                    $"The registration token would have {shape.Length} characters; a homeserver takes 64 at most.",
                    "Generate it with the length 64.")
                { Setting = nameof(Matrix.RegistrationToken) };
            if (shape.Length < 16)
                yield return new Problem(
                    $"The registration token would have {shape.Length} characters, which can be guessed: registration would be as good as open.",
                    "Generate it with the length 64.")
                { Setting = nameof(Matrix.RegistrationToken) };
            if (shape.Alphabet.FirstOrDefault(c => !char.IsAsciiLetterOrDigit(c) && !"._~-".Contains(c)) is var other && other != default)
                yield return new Problem(
                    $"The registration token could hold '{other}', which no token of Matrix may.",
                    "Draw it from letters, digits and the characters . _ ~ -")
                { Setting = nameof(Matrix.RegistrationToken) };
        }
        else if (token.Shape is { } binary)
            yield return new Problem(
                $"The registration token would be a {binary.Kind}, which holds characters that no token of Matrix may.",
                "Generate it as text: Secret.Generated(\"matrix/registration_token\").")
            { Setting = nameof(Matrix.RegistrationToken) };
    }

    /// <summary>Why a homeserver refuses the name, or uses it itself; null where it does not.</summary>
    public static string? Reserved(Matrix matrix, string user) => user switch
    {
        _ when user.All(char.IsAsciiDigit) => "names of digits alone are for guests",
        ['_', ..] => "names that begin with an underscore are for bridges",
        "conduit" when matrix.Provider == Homeserver.Tuwunel => "tuwunel itself speaks as that user",
        _ => null,
    };

    private static IEnumerable<Problem> Federation(Matrix matrix, GatheredView host)
    {
        foreach (var server in matrix.TrustedServers)
            foreach (var problem in Catalogue.Names.Check(server, "server name", nameof(Matrix.TrustedServers)))
                yield return problem;
        if (matrix.TrustedServers.Contains(matrix.ServerNameOn(host)))
            yield return new Problem("This server would ask itself for the keys of others.", "Take its own name out of TrustedServers.")
            { Setting = nameof(Matrix.TrustedServers) };
        foreach (var network in matrix.FederationNetworks)
            if (!Catalogue.Names.IsNetwork(network))
                yield return new Problem($"\"{network}\" is not a network.", "Write an address and the length of its prefix: \"10.1.0.0/16\".")
                { Setting = nameof(Matrix.FederationNetworks) };
        if (!matrix.Federation)
            foreach (var (set, setting, what) in ((bool, string, string)[])
            [
                (matrix.TrustedServers.Count > 0, nameof(Matrix.TrustedServers), "names servers that nothing is asked of"),
                (matrix.FederationPort != 443, nameof(Matrix.FederationPort), "opens no port"),
                (matrix.OpenFirewall, nameof(Matrix.OpenFirewall), "lets nobody in"),
                (matrix.FederationAuthorities.Count > 0, nameof(Matrix.FederationAuthorities), "trusts nobody"),
                (matrix.FederationNetworks.Count > 0, nameof(Matrix.FederationNetworks), "allows no call"),
            ])
                if (set)
                    yield return new Problem($"{setting} {what} while Federation is off.", $"Write Federation = true, or take {setting} away.") { Setting = setting };
        if (matrix.HasFederationPort && !matrix.OpenFirewall)
            yield return new Problem(
                $"Other servers are told to come to port {matrix.FederationPort}, which is not declared open.",
                "Write OpenFirewall = true; or take FederationPort away, and they come to 443 as clients do.")
            { Setting = nameof(Matrix.FederationPort) };
    }

    private static IEnumerable<Problem> Support(Matrix matrix)
    {
        if (matrix.SupportUser.Length > 0
            && !(matrix.SupportUser.StartsWith('@') && matrix.SupportUser.Split(':', 2) is [{ Length: > 1 }, var server] && DnsName.IsValid(server.Split(':')[0])))
            yield return new Problem($"\"{matrix.SupportUser}\" is not a Matrix id.", "Write it whole: \"@someone:example.org\".")
            { Setting = nameof(Matrix.SupportUser) };
        if (matrix.SupportEmail.Length > 0 && !Catalogue.Names.IsEmail(matrix.SupportEmail))
            yield return new Problem($"\"{matrix.SupportEmail}\" is not an e-mail address.", "Write it whole: \"help@example.org\".")
            { Setting = nameof(Matrix.SupportEmail) };
        if (matrix.SupportPage.Length > 0 && !IsHttps(matrix.SupportPage))
            yield return new Problem($"\"{matrix.SupportPage}\" is not the address of a page.", "Write it whole: \"https://example.org/help\".")
            { Setting = nameof(Matrix.SupportPage) };
    }

    private static IEnumerable<Problem> Program(Matrix matrix, GatheredView host)
    {
        if (matrix.Provider == Homeserver.Tuwunel)
        {
            if (matrix.Database == HomeserverDatabase.PostgreSql)
                yield return new Problem("tuwunel keeps its data in RocksDB and in nothing else.", "Take the line away, or write Provider = Homeserver.Synapse.")
                { Setting = nameof(Matrix.Database) };
            if (matrix.FederationAuthorities.Count > 0)
                yield return new Problem("tuwunel trusts the public authorities alone.", "Take the line away, or write Provider = Homeserver.Synapse.")
                { Setting = nameof(Matrix.FederationAuthorities) };
            if (matrix.FederationNetworks.Count > 0)
                yield return new Problem("Hale does not know how to let tuwunel into private networks one by one.", "Take the line away, or write Provider = Homeserver.Synapse.")
                { Setting = nameof(Matrix.FederationNetworks) };
        }
        else if (matrix.Database == HomeserverDatabase.PostgreSql && host.Find<PostgreSql>() is null)
            yield return new Problem($"Matrix keeps its data in PostgreSQL, which {host.Host.Name} does not have.", "Add new PostgreSql() to its Modules.")
            { Setting = nameof(Matrix.Database) };
        if (matrix.Provider == Homeserver.Tuwunel)
            foreach (var problem in Release(matrix.TuwunelRelease, host.Platform))
                yield return problem with { Setting = nameof(Matrix.TuwunelRelease) };
    }

    private static IEnumerable<Problem> Release(Download release, Platform platform)
    {
        foreach (var problem in release.Check())
            yield return problem;
        if (release.Form != DownloadForm.Executable)
            yield return new Problem($"The release of tuwunel is unpacked as {release.Form}, and would not be a program.", "Write Form = DownloadForm.Executable.");
        if (platform == Platform.Arm64 && release.Arm64 is null)
            yield return new Problem("The release of tuwunel names no file for ARM.", "Write Arm64 = new RemoteFile(\"https://…-aarch64-…-tuwunel.zst\", \"its SHA-256\").");
        if (release.On(platform).Sha256.Length == 0)
            yield return new Problem(
                "The release of tuwunel has no checksum: whatever the address serves on the day of the first build would run.",
                "Write Sha256 = the 64 digits that the release's page shows beside the file; `sha256sum` says them of a file that you have.");
    }

    private static IEnumerable<Problem> Gateway(Matrix matrix, GatheredView host)
    {
        if (host.Find<Caddy>() is null)
            yield return new Problem(
                $"Nobody can reach Matrix on {host.Host.Name}: the host has no gateway{(matrix.Federation ? ", for clients or for other servers" : "")}.",
                $"Add new Caddy {{ Email = \"admin@{host.Fleet.Domain}\" }} to its Modules.");
        foreach (var site in host.Gathered<VirtualHost>().Where(_ => host.Modules.OfType<Matrix>().Count() == 1))
            if (site.Value.Routes.Any(route => IsAround(site.Value, route, matrix, matrix.GatewayOn(host))))
                yield return new Problem(
                    $"{site.From} hands requests to the site {site.Value.Name} on to the homeserver, around what keeps registration and administration closed.",
                    "Take that route away: Matrix itself asks for the routes that it needs.")
                { Where = site.Where };
    }

    // The refusals stand on the gateway's own site, before every route of a usual order.
    private static bool IsAround(VirtualHost site, Route route, Matrix matrix, string gateway) =>
        route is ReverseProxy proxy
        && proxy.Upstream.Split(':') is ["127.0.0.1" or "localhost", var port] && port == matrix.Port.ToString()
        && (proxy is { Paths.Count: 0, PathPattern: "" }
            || ((site.Name != gateway || site.Port is not null || route.Order < MatrixSites.First) && proxy.Paths.Any(Opens)));

    /// <summary>Whether a path lets in where registration or administration is.</summary>
    private static bool Opens(string path) => ((string[])["/_matrix/client/v3/register", "/_matrix/client/r0/register", "/_synapse/admin/v1/users"])
        .Any(closed => path.EndsWith('*') ? closed.StartsWith(path[..^1], StringComparison.OrdinalIgnoreCase) : closed.Equals(path, StringComparison.OrdinalIgnoreCase));

    private static bool IsHttps(string address) =>
        address.StartsWith("https://", StringComparison.Ordinal) && DnsName.IsValid(address["https://".Length..].Split('/', '?', '#', ':')[0])
        && !address.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
}
