using Hale.Evaluate;

namespace Hale.Contribute;

/// <summary>A page in which people use what this host serves, such as a Matrix client in the browser; other modules lead people there.</summary>
/// <param name="Name">What people call it: <c>Hydrogen</c>.</param>
/// <param name="Url">Where it is: https, ending in a slash.</param>
public sealed record WebClient(string Name, string Url) : Contribution
{
    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var address) || address.Scheme != Uri.UriSchemeHttps || !Url.EndsWith('/'))
            yield return new Problem($"The web client {Name} has the address \"{Url}\".", "Write an address that begins with https:// and ends in a slash.");
    }

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Implies(HostView host) => [new Reachable(Name, Url) { Hint = "The client in the browser." }];
}
