using System.Collections;
using Hale.Declare;

namespace Hale.Produce;

/// <summary>What activation does with a running unit that changed.</summary>
public enum WhenChanged
{
    /// <summary>Restart it.</summary>
    Restart,

    /// <summary>Reload it; the unit needs an ExecReload=.</summary>
    Reload,

    /// <summary>Stop it before the switch and start it after.</summary>
    StopStart,

    /// <summary>Leave what runs alone.</summary>
    Keep,
}

/// <summary>A systemd unit (systemd.unit(5)).</summary>
/// <param name="Name">The full name, with its suffix: <c>caddy.service</c>.</param>
public sealed record Unit(string Name) : Artifact
{
    /// <summary>The lines of the unit file, section by section in the order of first use.</summary>
    public UnitBody Body { get; init; } = [];

    /// <summary>Targets that want it: <c>multi-user.target</c>. None for a unit that something else starts.</summary>
    public EquatableArray<string> WantedBy { get; init; } = [];

    /// <summary>What to do when it changed while it runs.</summary>
    public WhenChanged WhenChanged { get; init; }

    /// <summary>
    /// Files whose change reloads the unit. It must name them by a path that stays the same (an <see cref="EtcFile"/>), for a store
    /// path in the unit itself would restart it.
    /// </summary>
    public EquatableArray<Derivation> ReloadOn { get; init; } = [];

    /// <summary>Files whose change restarts the unit although it does not name them.</summary>
    public EquatableArray<Derivation> RestartOn { get; init; } = [];

    /// <summary>Secrets and templates it is handed as systemd credentials: the credential's id, and the secret. One that changes restarts the unit.</summary>
    public EquatableArray<Credential> Credentials { get; init; } = [];

    /// <summary>The unit file. A store path may not hold an @, which a template's name has.</summary>
    internal TextFile File() => new(Name.Replace('@', '_'), Render());

    private Text Render()
    {
        var sections = new List<string>();
        IReadOnlyList<UnitLine> lines = [.. Body, .. HermeticRoot.StorePaths(this)];
        foreach (var line in lines)
            if (!sections.Contains(line.Section))
                sections.Add(line.Section);
        var text = new Text(256, 8);
        foreach (var section in sections)
        {
            text.AppendLiteral(sections[0] == section ? $"[{section}]\n" : $"\n[{section}]\n");
            foreach (var line in lines.Where(line => line.Section == section))
            {
                text.AppendLiteral(line.Key + "=");
                text.AppendFormatted(line.Value);
                text.AppendLiteral("\n");
            }
            if (section == "Service")
                foreach (var credential in Credentials)
                    text.AppendLiteral($"LoadCredential={credential.Id}:{credential.MachinePath}\n");
        }
        if (WantedBy.Count > 0)
            text.AppendLiteral($"\n[Install]\nWantedBy={string.Join(' ', WantedBy)}\n");
        return text;
    }
}

/// <summary>One line of a unit file.</summary>
/// <param name="Section">Its section: <c>Unit</c>, <c>Service</c>.</param>
/// <param name="Key">Its key; the same key may come several times.</param>
/// <param name="Value">Its value.</param>
public sealed record UnitLine(string Section, string Key, Text Value);

/// <summary>The lines of a unit file, written with a collection initialiser.</summary>
public sealed class UnitBody : IEnumerable<UnitLine>, IEquatable<UnitBody>
{
    private readonly List<UnitLine> lines = [];

    /// <summary>Adds a line.</summary>
    public void Add(string section, string key, Text value) => lines.Add(new(section, key, value));

    /// <summary>Adds a line that was made elsewhere, such as <see cref="HermeticRoot.Config"/>.</summary>
    public void Add(UnitLine line) => lines.Add(line);

    /// <summary>Adds lines that stand together, such as <see cref="Hardening.Strict"/>.</summary>
    public void Add(IEnumerable<UnitLine> several) => lines.AddRange(several);

    /// <inheritdoc/>
    public IEnumerator<UnitLine> GetEnumerator() => lines.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Line by line.</summary>
    public bool Equals(UnitBody? other) => other is not null && lines.SequenceEqual(other.lines);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as UnitBody);

    /// <inheritdoc/>
    public override int GetHashCode() => lines.Count;
}
