using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// Data that a service keeps on the machine: where it lies, who writes it, whose it is and in which format. The machine keeps a note of
/// identity and format beside it (<c>/var/lib/hale/state/NAME.json</c>), and a system that cannot do with the data that lie there is refused
/// before anything is touched. Making the folders is up to the unit (<c>StateDirectory=</c>) or a <see cref="ManagedDirectory"/>.
/// <c>new StateDirectory("postgresql") { Units = ["postgresql.service"], Format = "17" }</c>
/// </summary>
/// <param name="Name">Its name, one of a kind on the host: lower-case letters, digits, and <c>. _ -</c>, at most 64.</param>
public sealed record StateDirectory(string Name) : Artifact
{
    /// <summary>
    /// The folders, absolute; none means <c>/var/lib/NAME</c>. A folder of <c>DynamicUser=</c>, which lies in <c>/var/lib/private</c>, is named
    /// by its usual path.
    /// </summary>
    public EquatableArray<string> Paths { get; init; } = [];

    /// <summary>The units of the host that write it: they are stopped while a snapshot is made or put back.</summary>
    public EquatableArray<string> Units { get; init; } = [];

    /// <summary>Whose data it is, for good: a system that names another one is refused. Empty where nothing of the kind is known.</summary>
    public string Identity { get; init; } = "";

    /// <summary>What people call the identity, as a sentence goes on after "with the": <c>server name</c>.</summary>
    public string IdentityName { get; init; } = "identity";

    /// <summary>The format of the data that the software writes; empty where it never changes.</summary>
    public StateFormat Format { get; init; } = StateFormat.None;

    /// <summary>What it means that the data that lie there are of an older format.</summary>
    public FormatChange WhenFormatChanges { get; init; }

    /// <summary>The oldest format that the software can migrate; empty for any.</summary>
    public string UpgradesFrom { get; init; } = "";

    /// <summary>Whether the software reads data that a newer one wrote. Where it does not, a downgrade needs the snapshot from before the upgrade.</summary>
    public bool GoesBack { get; init; }

    /// <summary>What a person whose deployment is refused for the sake of this data can do; empty where the usual hint says it.</summary>
    public string Advice { get; init; } = "";

    /// <summary>The folders; where none are given, the usual one.</summary>
    public EquatableArray<string> Places => Paths.Count > 0 ? Paths : [$"/var/lib/{Name}"];
}

/// <summary>What happens to data of an older format. Formats are ordered as versions are (Debian policy, 5.6.12): 9 comes before 10.</summary>
public enum FormatChange
{
    /// <summary>Nothing by itself: the system is refused. For software that has to be helped, such as a new major version of PostgreSQL.</summary>
    Refuse,

    /// <summary>The software migrates it when it starts: a snapshot is made before, which going back restores.</summary>
    Migrate,
}

/// <summary>The format of data: a text that the module knows, or the version of a package, which the lock knows.</summary>
public sealed record StateFormat
{
    private StateFormat(string text, DebianRoot? root)
    {
        Text = text;
        Root = root;
    }

    /// <summary>No format.</summary>
    public static StateFormat None { get; } = new("", null);

    /// <summary>The text; of a package, its name.</summary>
    public string Text { get; }

    /// <summary>The root whose package gives the version; null where <see cref="Text"/> is the format itself.</summary>
    public DebianRoot? Root { get; }

    /// <summary>The upstream version of a package, without its epoch and Debian's revision: <c>1.2.3</c> of <c>1:1.2.3-4</c>.</summary>
    /// <param name="root">The root that holds it.</param>
    /// <param name="package">The package's name.</param>
    public static StateFormat OfPackage(DebianRoot root, string package) => new(package, root);

    /// <summary>A format that the module knows: <c>17</c>.</summary>
    public static implicit operator StateFormat(string text) => new(text ?? "", null);

    /// <inheritdoc/>
    public override string ToString() => Root is null ? Text : $"version of {Text} in «{Root.Name}»";
}
