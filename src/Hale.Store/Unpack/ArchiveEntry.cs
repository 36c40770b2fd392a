using Microsoft.Win32.SafeHandles;

namespace Hale.Store.Unpack;

/// <summary>The kinds of entry that an archive may hold.</summary>
internal enum EntryKind
{
    /// <summary>A file with content.</summary>
    File,

    /// <summary>A further name of a file that came before.</summary>
    HardLink,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>A folder.</summary>
    Directory,
}

/// <summary>One entry's header. Owner, group, time and the bits beyond permission are left behind: a store path has none.</summary>
/// <param name="Name">The name as written.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Executable">Whether its owner may execute it.</param>
/// <param name="Size">Bytes of content, as claimed; 0 for all but files.</param>
/// <param name="Target">Where a link leads; empty for others.</param>
internal sealed record ArchiveEntry(string Name, EntryKind Kind, bool Executable, long Size, string Target);

/// <summary>An archive, read forward.</summary>
internal interface IArchive : IDisposable
{
    /// <summary>Moves to the next entry, past what was not read of the current one; null at the end.</summary>
    /// <exception cref="InvalidDataException">The archive is malformed, truncated, or holds what none may.</exception>
    ArchiveEntry? Next();

    /// <summary>Writes the current entry's content to a file.</summary>
    /// <exception cref="InvalidDataException">The archive ends in the middle, or has more than allowed.</exception>
    void CopyContent(SafeFileHandle target);
}
