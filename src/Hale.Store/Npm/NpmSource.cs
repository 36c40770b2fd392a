using Hale.Store.Fetch;
using Hale.Store.Local;
using Hale.Store.Paths;
using Hale.Store.Unpack;

namespace Hale.Store.Npm;

/// <summary>
/// Packages of the npm registry as store paths. They are fetched by <c>npm pack</c>, so that the registry, its scopes, credentials and
/// authorities are those that this computer is set up with; what came is believed by its SHA-512 only. No script of a package runs.
/// </summary>
/// <param name="store">Where paths go; archives are kept beside it.</param>
public sealed class NpmSource(LocalStore store)
{
    private const int LayoutVersion = 1;

    /// <summary>What a package may at most hold.</summary>
    internal UnpackLimits Limits { get; init; } = new(Bytes: 2L << 30, Entries: 200_000);

    /// <summary>Pins a package as the registry has it now.</summary>
    /// <param name="request">The package.</param>
    /// <param name="folder">The folder that npm is asked in: an <c>.npmrc</c> there counts.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="UserError">There is no npm, or the registry has no such package.</exception>
    public async Task<LockedNpm> LockAsync(NpmRequest request, string folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var hash = await FetchAsync(request, null, folder, cancellation).ConfigureAwait(false);
        return new LockedNpm { Name = request.Name, Version = request.Version, Sha512 = hash.Hex };
    }

    /// <summary>A package as a store path: from the store, or fetched, verified and unpacked now.</summary>
    /// <param name="name">The name of the store path.</param>
    /// <param name="locked">The pin.</param>
    /// <param name="folder">The folder that npm is asked in.</param>
    /// <param name="cancellation">Stops the work; nothing half-done stays.</param>
    /// <exception cref="UserError">It cannot be had, is not what was pinned, or is no honest archive.</exception>
    public async Task<PathInfo> RealiseAsync(string name, LockedNpm locked, string folder, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(locked);
        var key = $"npm {LayoutVersion}\n{name}\n{locked.Version}\n{locked.Sha512}\n";
        if (store.Realised(key) is { } known)
            return known;
        var wanted = FileHash.Sha512(locked.Sha512);
        var archive = CachePath(wanted);
        if (!await IsWholeAsync(archive, wanted, cancellation).ConfigureAwait(false))
            await FetchAsync(new NpmRequest { Name = locked.Name, Version = locked.Version }, wanted, folder, cancellation).ConfigureAwait(false);
        var made = await Task.Run(() => store.Add(StorePath.Versioned(name, locked.Version), place => Unpack(locked, archive, place, cancellation)), cancellation)
            .ConfigureAwait(false);
        store.Remember(key, made.Path);
        return made;
    }

    private string CachePath(FileHash hash) => Path.Combine(Directory.CreateDirectory(Path.Combine(store.Downloads, hash.Kind)).FullName, hash.Hex);

    private static async Task<bool> IsWholeAsync(string archive, FileHash wanted, CancellationToken cancellation)
    {
        if (!File.Exists(archive))
            return false;
        await using var file = File.OpenRead(archive);
        return await wanted.OfAsync(file, cancellation).ConfigureAwait(false) == wanted;
    }

    /// <summary>Has npm fetch an archive, and puts it into the cache under its hash; where one is wanted, only that.</summary>
    private async Task<FileHash> FetchAsync(NpmRequest request, FileHash? wanted, string folder, CancellationToken cancellation)
    {
        var scratch = Directory.CreateTempSubdirectory("hale-npm-");
        try
        {
            await NpmCommand.PackAsync(request, folder, scratch.FullName, cancellation).ConfigureAwait(false);
            if (scratch.GetFiles("*.tgz") is not [var archive])
                throw new UserError($"npm fetched no archive of {request.Name} {request.Version}.", "Try it by hand: npm pack " + request.Name);
            FileHash hash;
            await using (var file = archive.OpenRead())
                hash = await FileHash.Sha512("").OfAsync(file, cancellation).ConfigureAwait(false);
            if (wanted is not null && hash != wanted)
                throw new UserError(
                    $"The registry's {request.Name} {request.Version} is not the package that was locked: it has {hash} instead of {wanted}.",
                    $"It is refused. A registry never changes a version by itself; where yours did, renew the pin: hale update {request.Name}");
            var part = CachePath(hash) + $".{Guid.NewGuid():N}.part";
            archive.CopyTo(part);
            File.Move(part, CachePath(hash), overwrite: true);
            return hash;
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private void Unpack(LockedNpm locked, string archive, string place, CancellationToken cancellation)
    {
        try
        {
            using var content = File.OpenRead(archive);
            // Every package of npm has one leading folder, mostly called "package".
            new ArchiveUnpacker(strip: 1, Limits).Unpack(content, place, cancellation);
        }
        catch (InvalidDataException error)
        {
            throw new UserError(
                $"The npm package {locked.Name} {locked.Version} is refused: {Refusals.Printable(error.Message)}.",
                "No package that npm makes is like that; nothing of it is used.",
                error);
        }
    }
}
