using System.Text;
using Hale.Declare;

namespace Hale.Produce;

/// <summary>
/// How a store path comes to be. Evaluation only describes it; the build makes it. Two derivations with the same
/// name and description are the same path.
/// </summary>
public abstract record Derivation : Artifact
{
    private string? path;

    private protected Derivation(string name) => Name = name;

    /// <summary>The copy that <c>with</c> starts from; its placeholder is worked out anew.</summary>
    protected Derivation(Derivation original)
        : base(original) => Name = original.Name;

    /// <summary>The readable part of the store path.</summary>
    public string Name { get; }

    /// <summary>
    /// Its place in the store as text may name it: a placeholder that the build replaces by the real path. Text that is not
    /// written as <see cref="Text"/> must say that it names this derivation (<see cref="Text.Naming"/>).
    /// </summary>
    public string Path => path ??= Placeholder.Of(Name, Describe());

    /// <summary>The derivations it is made from.</summary>
    public virtual IEnumerable<Derivation> Inputs => [];

    /// <summary>Everything that makes a difference to the result, the same on any computer.</summary>
    internal abstract string Describe();

    /// <summary>By name and description.</summary>
    public virtual bool Equals(Derivation? other) => other is not null && Path == other.Path;

    /// <inheritdoc/>
    public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);

    /// <summary>The placeholder path.</summary>
    public sealed override string ToString() => Path;
}

/// <summary>A file with the text given here.</summary>
/// <param name="FileName">Its name.</param>
/// <param name="Content">The text; UTF-8 without a mark.</param>
public sealed record TextFile(string FileName, Text Content) : Derivation(FileName)
{
    /// <summary>Whether it may be run.</summary>
    public bool Executable { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<Derivation> Inputs => Content.Uses;

    internal override string Describe() => $"text\n{(Executable ? "executable" : "plain")}\n{Content}";
}

/// <summary>A folder of links to other derivations.</summary>
/// <param name="FolderName">Its name.</param>
/// <param name="Entries">Relative path (with slashes) to what stands there.</param>
public sealed record LinkFolder(string FolderName, EquatableArray<(string Path, Derivation Target)> Entries) : Derivation(FolderName)
{
    /// <inheritdoc/>
    public override IEnumerable<Derivation> Inputs
    {
        get
        {
            foreach (var (_, target) in Entries)
                yield return target;
        }
    }

    internal override string Describe()
    {
        var text = new StringBuilder("links\n");
        var paths = new string[Entries.Count];
        var targets = new Derivation[Entries.Count];
        for (var i = 0; i < Entries.Count; i++)
            (paths[i], targets[i]) = Entries[i];
        Array.Sort(paths, targets, StringComparer.Ordinal);
        for (var i = 0; i < Entries.Count; i++)
            text.Append(paths[i]).Append('\t').Append(targets[i].Path).Append('\n');
        return text.ToString();
    }
}

/// <summary>A file or folder of the user's, taken as it is.</summary>
/// <param name="EntryName">Its name in the store.</param>
/// <param name="Source">Its path, relative to fleet.cs.</param>
public sealed record LocalPath(string EntryName, string Source) : Derivation(EntryName)
{
    internal override string Describe() => $"local\n{Source}";
}

/// <summary>
/// Debian packages and all they depend on, unpacked into one hermetic root without running their scripts. Pinned in
/// <c>hale.lock</c> as <c>debian/NAME/ARCHITECTURE</c>.
/// </summary>
/// <param name="RootName">Its name, in the lock too.</param>
/// <param name="Packages">The packages asked for; dependencies follow.</param>
public sealed record DebianRoot(string RootName, EquatableArray<string> Packages) : Derivation(RootName)
{
    /// <summary>Suites to take packages from, the preferred one first; none takes the fleet's Debian release.</summary>
    public EquatableArray<string> Suites { get; init; } = [];

    /// <summary>Packages to leave out although others depend on them: those that only maintainer scripts need.</summary>
    public EquatableArray<string> Exclude { get; init; } = [];

    internal override string Describe() =>
        $"debian\n{string.Join(' ', Packages)}\n{string.Join(' ', Suites)}\n{string.Join(' ', Exclude)}";
}

/// <summary>The .NET runtime that Hale's own services and activator share, one per architecture; pinned in <c>hale.lock</c>.</summary>
public sealed record DotnetRuntime() : Derivation("dotnet-runtime")
{
    internal override string Describe() => "dotnet-runtime";
}

/// <summary>
/// A .NET program from source, published portable; <c>bin/NAME</c> in it starts with <c>DOTNET_ROOT</c> set to a
/// <see cref="DotnetRuntime"/>.
/// </summary>
/// <param name="ProgramName">The name of the program and of its store path.</param>
/// <param name="Project">The project's folder: <c>services/Registration</c> below Hale's own source, or a path relative to fleet.cs that begins with <c>./</c> or <c>../</c>.</param>
public sealed record DotnetProgram(string ProgramName, string Project) : Derivation(ProgramName)
{
    internal override string Describe() => $"dotnet\n{Project}";
}
