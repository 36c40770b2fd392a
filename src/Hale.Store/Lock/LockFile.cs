using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hale.Store.Lock;

/// <summary>
/// What <c>hale.lock</c> says: for each thing that comes from outside, what was asked and what was found. An immutable value;
/// each source defines the content of its own entries. Entries are named <c>KIND/NAME/ARCH</c>: <c>debian/caddy/amd64</c>, <c>dotnet/runtime/amd64</c>.
/// </summary>
public sealed record LockFile
{
    /// <summary>The version this code writes. A reader refuses any other.</summary>
    public const int CurrentVersion = 1;

    /// <summary>A lock that holds nothing.</summary>
    public static LockFile Empty { get; } = new();

    /// <summary>The entries by name, in byte order.</summary>
    public ImmutableSortedDictionary<string, LockEntry> Entries { get; init; } =
        ImmutableSortedDictionary.Create<string, LockEntry>(StringComparer.Ordinal);

    /// <summary>Reads a lock.</summary>
    /// <param name="path">The file; one that does not exist is an empty lock.</param>
    /// <exception cref="UserError">The file is damaged (the message gives line and column), or of another version.</exception>
    public static LockFile Read(string path)
    {
        try
        {
            return LockReader.Parse(File.ReadAllBytes(path), path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Empty;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be read: {error.Message}", "", error);
        }
    }

    /// <summary>Writes the lock beside its place, then renames it there: a reader sees the old or the new one, whole.</summary>
    /// <exception cref="UserError">The folder cannot be written, or the disk is full.</exception>
    public void Write(string path)
    {
        try
        {
            AtomicFile.Write(path, LockWriter.Format(this), durable: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{path} cannot be written: {error.Message}", "Check the free space and who may write there.", error);
        }
    }

    /// <summary>What the lock knows under a name, for a request.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="request">What is asked for now.</param>
    /// <param name="requestType">How a request is written in JSON.</param>
    /// <param name="contentType">How the entry's content is written in JSON.</param>
    /// <exception cref="UserError">The entry has not the shape that its source writes.</exception>
    public LockLookup<TContent> Find<TRequest, TContent>(
        string name, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TContent> contentType)
    {
        if (!Entries.TryGetValue(name, out var entry))
            return new(LockState.Missing, default);
        try
        {
            return new(StateOf(name, writer => JsonSerializer.Serialize(writer, request, requestType)), entry.Content.Deserialize(contentType) ?? throw new JsonException("its content is null."));
        }
        catch (JsonException error)
        {
            throw new UserError($"hale.lock: the entry {name} is damaged: {error.Message}", $"Renew it: hale update {NameToUpdate(name)}", error);
        }
    }

    /// <summary>Whether the lock answers a request; what it answers is not looked at.</summary>
    /// <param name="name">The entry's name.</param>
    /// <param name="request">Writes what is asked for now.</param>
    public LockState StateOf(string name, Action<Utf8JsonWriter> request) =>
        !Entries.TryGetValue(name, out var entry) ? LockState.Missing
        : LockWriter.Canonical(request) == LockWriter.Canonical(entry.Request) ? LockState.Current
        : LockState.Stale;

    /// <summary>This lock with an entry added or replaced.</summary>
    public LockFile With<TRequest, TContent>(
        string name, TRequest request, TContent content, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TContent> contentType) =>
        this with
        {
            Entries = Entries.SetItem(name, new(
                JsonSerializer.SerializeToElement(request, requestType), JsonSerializer.SerializeToElement(content, contentType))),
        };

    /// <summary>This lock without the entries that nothing uses any more.</summary>
    public LockFile Only(IEnumerable<string> used) => this with { Entries = Entries.RemoveRange(Entries.Keys.Except(used, StringComparer.Ordinal)) };

    /// <summary>The name a person gives to <c>hale update</c> for an entry: <c>caddy</c> of <c>debian/caddy/amd64</c>.</summary>
    internal static string NameToUpdate(string entry) => entry.Split('/') is [_, var name, ..] ? name : entry;
}

/// <summary>One entry: what was asked, and what was found for it.</summary>
/// <param name="Request">What was asked; another request makes the entry stale.</param>
/// <param name="Content">What was found, as its source writes it.</param>
public sealed record LockEntry(JsonElement Request, JsonElement Content);

/// <summary>Whether a lock answers a request.</summary>
public enum LockState
{
    /// <summary>No entry of that name.</summary>
    Missing,

    /// <summary>There is one, but it was made for another request.</summary>
    Stale,

    /// <summary>There is one, made for this very request.</summary>
    Current,
}

/// <summary>What a lock knows.</summary>
/// <param name="State">Whether it answers the request.</param>
/// <param name="Content">The content; null only where the entry is missing.</param>
public sealed record LockLookup<T>(LockState State, T? Content);
