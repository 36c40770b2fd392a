using System.Text.Json.Serialization.Metadata;
using Hale.Operator.Report;
using Hale.Store;
using Hale.Store.Lock;

namespace Hale.Operator.Build;

/// <summary>
/// <c>hale.lock</c> during a command, and the policy: what is not locked yet is locked now, told and written at once; what is locked
/// for another request is refused, because only <c>hale update</c> changes what a person has committed.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="mayAdd">Whether new entries may be added; not with <c>--locked</c>.</param>
/// <param name="reporter">Who is told.</param>
internal sealed class LockKeeper(string path, bool mayAdd, IReporter reporter) : IDisposable
{
    private readonly SemaphoreSlim writing = new(1);
    private LockFile? current;

    /// <summary>What is locked under a name; resolved and added where nothing is.</summary>
    /// <param name="name">The entry: <c>debian/caddy/amd64</c>.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="requestType">How a request is written.</param>
    /// <param name="contentType">How its answer is written.</param>
    /// <param name="resolve">Finds the answer today.</param>
    /// <param name="describe">The answer in few words.</param>
    /// <exception cref="UserError">The entry was made for another request, is damaged, or would be new with <c>--locked</c>.</exception>
    public async Task<TContent> PinAsync<TRequest, TContent>(
        string name, TRequest request, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TContent> contentType,
        Func<Task<TContent>> resolve, Func<TContent, string> describe)
        where TContent : class
    {
        var found = (current ??= LockFile.Read(path)).Find(name, request, requestType, contentType);
        if (found.State == LockState.Current)
            return found.Content!;
        if (found.State == LockState.Stale)
            throw Stale(path, name);
        if (!mayAdd)
            throw Missing(path, name);

        var content = await resolve().ConfigureAwait(false);
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            // Read again: another source of this command, or another command, may have added its own meanwhile.
            var added = LockFile.Read(path).With(name, request, content, requestType, contentType);
            added.Write(path);
            current = added;
        }
        finally
        {
            writing.Release();
        }
        reporter.Report(new Said($"locked {name}: {describe(content)}"));
        return content;
    }

    /// <inheritdoc/>
    public void Dispose() => writing.Dispose();

    /// <summary>An entry was made for another request.</summary>
    public static UserError Stale(string path, string entry) =>
        new($"{path}: {entry} was locked for another request than fleet.cs makes now.", $"Renew it: hale update {Short(entry)}");

    /// <summary>An entry is missing, and may not be added.</summary>
    public static UserError Missing(string path, string entry) =>
        new($"{path} has no entry {entry}, and --locked forbids to add one.", "Run hale build without --locked, and commit hale.lock.");

    /// <summary>What a person calls an entry.</summary>
    public static string Short(string entry) => entry.Split('/') is [_, var name, ..] ? name : entry;
}
