using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Catalogue;

/// <summary>
/// Hydrogen, a small and fast Matrix client for the browser, in its published packages and a page that starts it: no bundler runs. It
/// writes and reads, encrypted rooms too; calls and administration are for bigger clients.
/// </summary>
public sealed record Hydrogen : Module
{
    /// <summary>The site that it is; empty takes <c>chat.</c> and the fleet's domain. Never the homeserver's own name.</summary>
    public string Host { get; init => Assign(ref field, value); } = "";

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host) =>
        ClientSite.Of(host, "Hydrogen", ClientSite.NameOn(host, Host), matrix =>
        [
            new StaticFiles(HydrogenPage.Folder) { Headers = HydrogenPage.Headers },
            Respond.Json(HydrogenPage.Config(matrix.ServerNameOn(host))) with { Paths = ["/config.json"], Headers = [.. HydrogenPage.Headers, ("Cache-Control", "no-cache")] },
        ]);

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host) => ClientSite.Check(host, "Hydrogen", Host);
}
