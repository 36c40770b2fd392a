// The collections a declaration is written with. Their Add sees the line of fleet.cs that it is called from;
// after the declaration nobody changes them.

using System.Collections;
using System.Runtime.CompilerServices;
using Hale.Contribute;
using Hale.Produce;

namespace Hale.Declare;

/// <summary>Something that was declared, and where.</summary>
/// <param name="Value">The thing.</param>
/// <param name="Where">The line that added it.</param>
public sealed record Declared<T>(T Value, SourceLocation Where);

/// <summary>A list of declarations, each with its place in the source.</summary>
public abstract class DeclaredList<T> : IEnumerable<Declared<T>>
{
    private readonly List<Declared<T>> items = [];

    /// <summary>The number of declarations.</summary>
    public int Count => items.Count;

    /// <summary>Adds one.</summary>
    public void Add(T item, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
        items.Add(new(item, new(file, line)));

    /// <summary>Adds what a function returned.</summary>
    public void Add(IEnumerable<T> several, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
    {
        foreach (var item in several)
            Add(item, file, line);
    }

    internal void AddCopies(DeclaredList<T> other) => items.AddRange(other.items);

    /// <inheritdoc/>
    public IEnumerator<Declared<T>> GetEnumerator() => items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>Hosts of a fleet.</summary>
public sealed class HostList : DeclaredList<Host>;

/// <summary>Modules, or settings of modules at some rank.</summary>
public sealed class ModuleList : DeclaredList<Module>;

/// <summary>Contributions that a person makes directly.</summary>
public sealed class ContributionList : DeclaredList<Contribution>;

/// <summary>Secrets and templates that a person places on a host directly.</summary>
public sealed class SecretList : DeclaredList<StagedFile>;
