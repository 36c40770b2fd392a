using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What every web client for Matrix has in common: a site of its own, away from the homeserver's.</summary>
internal static class ClientSite
{
    /// <summary>The site's name: as set, or <c>chat.</c> and the fleet's domain.</summary>
    public static string NameOn(HostView host, string setting) => setting.Length > 0 ? setting : $"chat.{host.Fleet.Domain}";

    /// <summary>The site and what leads people to it; nothing where the name is none or there is no homeserver, which are problems said elsewhere.</summary>
    public static IEnumerable<Contribution> Of(HostView host, string client, string name, Func<Matrix, IEnumerable<Route>> routes)
    {
        if (host.Find<Matrix>() is not { } matrix || !DnsName.IsValid(name))
            yield break;
        yield return new VirtualHost(name) { Routes = routes(matrix).ToEquatableArray() };
        yield return new WebClient(client, $"https://{name}/");
    }

    /// <summary>What is wrong with it.</summary>
    public static IEnumerable<Problem> Check(GatheredView host, string client, string setting)
    {
        var name = NameOn(host, setting);
        foreach (var problem in Names.Check(name, "host name", "Host"))
            yield return problem;
        if (host.Find<Matrix>() is not { } matrix)
            yield return new Problem(
                $"{client} is a client for Matrix, but {host.Host.Name} has no Matrix.",
                $"Add new Matrix {{ ServerName = \"{host.Fleet.Domain}\" }} to its Modules, or take {client} away.");
        else if (name == matrix.GatewayOn(host) || name == matrix.ServerNameOn(host))
            yield return new Problem(
                $"{client} would be served at {name}, where the homeserver is too: a file that somebody uploaded could then act as the client.",
                $"Give it a name of its own: Host = \"{(name == $"chat.{host.Fleet.Domain}" ? "client" : "chat")}.{host.Fleet.Domain}\"")
            { Setting = "Host" };
        var before = host.AcrossFleet<WebClient>().TakeWhile(one => one.Host.Name != host.Host.Name);
        if (before.FirstOrDefault(one => one.Value.Url == $"https://{name}/") is { Host: { } other })
            yield return new Problem(
                $"{other.Name} serves {name} already, and the name leads people to one of the two.",
                $"Give this one another: Host = \"chat.{host.Host.Name}.{host.Fleet.Domain}\"")
            { Setting = "Host" };
        if (host.Find<Caddy>() is null)
            yield return new Problem(
                $"Nobody can reach {client} on {host.Host.Name}: the host has no gateway.",
                $"Add new Caddy {{ Email = \"admin@{host.Fleet.Domain}\" }} to its Modules.");
    }
}
