using System.Text.RegularExpressions;
using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>
/// A page where people with an invite make their Matrix account, the same for any Matrix client at the homeserver's own path, and a page
/// where administrators make invites.
/// </summary>
public sealed partial record Registration : Module
{
    /// <summary>
    /// One code that many share, beside the invites that <c>hale invite</c> makes; null for none. The characters are those that nobody
    /// mistakes for another when reading them aloud.
    /// </summary>
    public Secret? InviteCode { get; init => Assign(ref field, value); } =
        Secret.Named("invite_code", SecretShape.Text(16, "23456789abcdefghjkmnpqrstuvwxyz"));

    /// <summary>
    /// User ids of those who may make invites on the page, such as <c>@nana:example.org</c>. Administrators of Synapse may without being
    /// named here.
    /// </summary>
    public EquatableArray<string> Admins { get; init => Assign(ref field, value); } = [];

    /// <summary>
    /// The user name of the service's own account, by which it lets new people into private rooms of their invite: members invite it there,
    /// once. It is made when an invite first names a room; empty for no such account.
    /// </summary>
    public string Inviter { get; init => Assign(ref field, value); } = "invites";

    /// <summary>The site that the page is part of; empty takes Matrix's <see cref="Matrix.ServerName"/>.</summary>
    public string Host { get; init => Assign(ref field, value); } = "";

    /// <summary>The port on loopback that it listens on.</summary>
    public Port Port { get; init => Assign(ref field, value); } = 8009;

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host)
    {
        // Without Matrix there is no page; and a name that is none is a problem of its setting, said once and there.
        if (host.Find<Matrix>() is not { } matrix || SiteOn(host, matrix) is var site && !DnsName.IsValid(site))
            yield break;
        yield return new VirtualHost(site)
        {
            Routes = [OwnService.At(Port, RegistrationRoutes.LargestBody) with { Paths = ["/register", "/register/*", "/api/register"] }],
        };
        yield return RegistrationRoutes.OfClients(this, matrix, host);
        yield return new ListenPort(Port, RegistrationUnit.Name);
        yield return new HttpCheck("Registration answers", RegistrationUnit.Name, $"http://127.0.0.1:{Port}/healthz");
        yield return new Reachable("Registration", $"https://{site}/register/")
        {
            Hint = (InviteCode is { } code ? $"The shared invite code is the secret {code.Name}; on the machine root reads it at {code.MachinePath}. " : "")
                + $"Invites: hale invite {host.Host.Name} create{(host.Find<Caddy>() is { LocalNames: true } ? " --tried" : "")}",
        };
        yield return new InviteDesk(RegistrationUnit.Name, RegistrationUnit.Tool);
    }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (Host.Length > 0)
            foreach (var problem in Names.Check(Host, "host name", nameof(Host)))
                yield return problem;
        if (InviteCode?.Shape is { Kind: SecretKind.Text, Length: < 12 } shape)
            yield return new Problem(
                $"The invite code would have {shape.Length} characters, which can be guessed.",
                "Generate at least 12.")
            { Setting = nameof(InviteCode) };
        if (Inviter.Length > 0 && !UserName().IsMatch(Inviter))
            yield return new Problem($"\"{Inviter}\" is not a user name.", "Use small letters, digits, and . _ = - / only: \"invites\".") { Setting = nameof(Inviter) };
        else if (Inviter.Length > 0 && host.Find<Matrix>() is { } homeserver)
            foreach (var problem in AccountNames.Check(Inviter, nameof(Inviter), typeof(Registration), homeserver, host, "invites"))
                yield return problem;
        foreach (var admin in Admins)
            if (!UserId().IsMatch(admin))
                yield return new Problem($"\"{admin}\" is not a user id.", $"Write it whole: \"@nana:{host.Fleet.Domain}\".") { Setting = nameof(Admins) };
        if (host.Find<Matrix>() is null)
            yield return new Problem(
                $"Registration makes Matrix accounts, but {host.Host.Name} has no Matrix.",
                $"Add new Matrix {{ ServerName = \"{host.Fleet.Domain}\" }} to its Modules, or take Registration away.");
        else if (host.Find<Caddy>() is null)
            yield return new Problem(
                $"Nobody can reach the registration page on {host.Host.Name}: the host has no gateway.",
                $"Add new Caddy {{ Email = \"admin@{host.Fleet.Domain}\" }} to its Modules.");
    }

    /// <inheritdoc/>
    public override IEnumerable<Artifact> Realise(GatheredView host) => host.Find<Matrix>() is { } matrix
        ? [RegistrationUnit.Of(this, matrix, host), RegistrationUnit.ToolFile, RegistrationUnit.State(matrix, host)]
        : [];

    [GeneratedRegex(@"^[a-z0-9._=\-/]+\z")]
    private static partial Regex UserName();

    [GeneratedRegex(@"^@[a-z0-9._=\-/+]+:[a-z0-9.\-:\[\]]+\z")]
    private static partial Regex UserId();

    internal string SiteOn(HostView host, Matrix matrix) => Host.Length > 0 ? Host : matrix.ServerNameOn(host);
}
