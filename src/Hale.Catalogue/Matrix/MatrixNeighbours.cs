using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>What stands against a homeserver beside others, of its host and of the fleet: each has names, and a machine, of its own.</summary>
internal static class MatrixNeighbours
{
    /// <summary>The host's second homeserver; nothing else is worth saying of it.</summary>
    public static Problem? OnHost(Matrix matrix, HostView host) =>
        host.Modules.OfType<Matrix>().First() is var first && ReferenceEquals(first, matrix)
            ? null
            : new Problem(
                $"{host.Host.Name} has two homeservers, and units and data of the one would be the other's.",
                "Declare the second on a host of its own, or take it away.");

    /// <summary>Names that lead to an earlier host of the fleet already.</summary>
    public static IEnumerable<Problem> InFleet(Matrix matrix, GatheredView host)
    {
        var (name, gateway) = (matrix.ServerNameOn(host), matrix.GatewayOn(host));
        foreach (var (other, server) in host.AcrossFleet<MatrixClientOutside>().TakeWhile(one => one.Host.Name != host.Host.Name))
        {
            var taken = new[] { server.ServerName, server.BaseUrl["https://".Length..] };
            if (server.ServerName == name)
                yield return new Problem(
                    $"{other.Name} is the homeserver {name} already, and people and other servers find one of the two.",
                    $"Give this one a name of its own, such as ServerName = \"{host.Host.Name}.{host.Fleet.Domain}\": ids end in it.")
                { Setting = nameof(Matrix.ServerName) };
            else if (taken.Contains(name))
                yield return Taken(other, name, nameof(Matrix.ServerName), $"{host.Host.Name}.{host.Fleet.Domain}");
            else if (taken.Contains(gateway))
                yield return Taken(other, gateway, nameof(Matrix.GatewayHost), $"matrix.{name}");
        }
    }

    private static Problem Taken(Host other, string name, string setting, string instead) => new(
        $"{other.Name} answers at {name} already, for a homeserver of its own, and the name leads clients and other servers to one of the two.",
        $"Give this one another name, such as {setting} = \"{instead}\".")
    { Setting = setting };
}
