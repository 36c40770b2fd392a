using Hale.Contribute;
using Hale.Declare;
using Hale.Evaluate;
using Hale.Produce;

namespace Hale.Catalogue;

/// <summary>Element Web, the full Matrix client for the browser, calls among it: a pinned release, and its config.json from the fleet.</summary>
public sealed record ElementWeb : Module
{
    /// <summary>The site that it is; empty takes <c>chat.</c> and the fleet's domain. Never the homeserver's own name.</summary>
    public string Host { get; init => Assign(ref field, value); } = "";

    /// <summary>What the pages call the whole; empty takes the fleet's organization.</summary>
    public string Brand { get; init => Assign(ref field, value); } = "";

    /// <summary>The release of Element Web; another one needs its <see cref="Sha256"/> too.</summary>
    public string Version { get; init => Assign(ref field, value); } = "1.12.25";

    /// <summary>SHA-256 of the release's archive, hexadecimal or as <c>sha256-BASE64</c>; empty pins it in <c>hale.lock</c> at the first build.</summary>
    public string Sha256 { get; init => Assign(ref field, value); } = "14d7f2671eb1fbccc690e7f176042d72ed2b4e34f7326a007e8b1540b1e748bb";

    /// <summary>Whether calls go through the host's own call service alone, where there is one; off, Element offers its old calls of two as well.</summary>
    public bool OwnCalls { get; init => Assign(ref field, value); } = true;

    private Download Release => new("element-web", $"https://github.com/element-hq/element-web/releases/download/v{Version}/element-v{Version}.tar.gz")
    {
        Version = Version,
        Sha256 = Sha256,
        StripComponents = 1,
    };

    /// <inheritdoc/>
    public override IEnumerable<Contribution> Contribute(HostView host)
    {
        var name = ClientSite.NameOn(host, Host);
        return ClientSite.Of(host, "Element", name, matrix =>
        [
            new StaticFiles(Release) { Headers = ElementConfig.Headers },
            Respond.Json(ElementConfig.Render(this, matrix, host)) with
            {
                // It asks for the one with its own name first.
                Paths = ["/config.json", $"/config.{name}.json"],
                Headers = [.. ElementConfig.Headers, ("Cache-Control", "no-cache")],
            },
        ]);
    }

    /// <inheritdoc/>
    public override IEnumerable<Problem> Check(GatheredView host)
    {
        foreach (var problem in ClientSite.Check(host, "ElementWeb", Host))
            yield return problem;
        if (Version.Length == 0 || !char.IsAsciiDigit(Version[0]) || !Version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'))
            yield return new Problem($"\"{Version}\" is no release of Element Web.", "Write its number without the v: \"1.12.25\".") { Setting = nameof(Version) };
        else if (Version != new ElementWeb().Version && Sha256 == new ElementWeb().Sha256)
            yield return new Problem(
                $"Element Web {Version} has the SHA-256 of another release.",
                "Write the one that its release has, or Sha256 = \"\" to pin what is found in hale.lock.")
            { Setting = nameof(Version) };
    }
}
