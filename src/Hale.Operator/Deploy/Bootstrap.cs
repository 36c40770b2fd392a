using System.Formats.Tar;
using System.IO.Compression;
using Hale.Store;
using Hale.Store.Local;
using Hale.Store.Paths;

namespace Hale.Operator.Deploy;

/// <summary>
/// Brings the runtime and the activator to a machine that has neither: an archive that <c>bootstrap.sh</c> unpacks with what every
/// Debian has. The only store paths whose content the machine does not verify by itself; ssh has brought them unaltered.
/// </summary>
internal static class Bootstrap
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Sends store paths and what is known of them.</summary>
    /// <exception cref="UserError">The machine could not unpack them, or the connection was lost.</exception>
    public static async Task SendAsync(
        SshConnection ssh, LocalStore store, IReadOnlyList<PathInfo> paths, Action<long> advanced, CancellationToken cancellation)
    {
        var result = await ssh.RunAsync(
            $"sh -c {SshConnection.Quote(Scripts.Bootstrap)}", (stream, stop) => WriteAsync(stream, store, paths, advanced, stop), null,
                cancellation).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new UserError(
                $"{ssh.Name} could not unpack the activator: {Last(result.Error)}",
                "Is its disk full, or mounted read-only? Nothing of it was kept.");
    }

    private static async Task WriteAsync(
        Stream stream, LocalStore store, IReadOnlyList<PathInfo> paths, Action<long> advanced, CancellationToken cancellation)
    {
        await using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        await using var tar = new TarWriter(gzip, TarEntryFormat.Pax);
        long done = 0;
        foreach (var path in paths)
        {
            await AddAsync(store.Real(path.Path), $"store/{path.Path.BaseName}").ConfigureAwait(false);
            var info = await File.ReadAllBytesAsync(Path.Combine(store.Folder, "info", $"{path.Path.BaseName}.json"), cancellation)
                .ConfigureAwait(false);
            await WriteFileAsync($"info/{path.Path.BaseName}.json", new MemoryStream(info), Plain).ConfigureAwait(false);
        }
        // The last entry says that nothing is missing.
        await WriteFileAsync("complete", new MemoryStream(), Plain).ConfigureAwait(false);

        async Task AddAsync(string real, string name)
        {
            var file = new FileInfo(real);
            if (file.LinkTarget is { } target)
                await tar.WriteEntryAsync(Entry(TarEntryType.SymbolicLink, name, Plain, target), cancellation).ConfigureAwait(false);
            else if (file.Exists)
            {
                var content = file.OpenRead();
                await using (content.ConfigureAwait(false))
                    await WriteFileAsync(name, content, (file.UnixFileMode & UnixFileMode.UserExecute) != 0 ? Executable : Plain)
                        .ConfigureAwait(false);
                advanced(done += file.Length);
            }
            else
            {
                await tar.WriteEntryAsync(Entry(TarEntryType.Directory, name + "/", Executable), cancellation).ConfigureAwait(false);
                foreach (var entry in Directory.EnumerateFileSystemEntries(real).Order(StringComparer.Ordinal))
                    await AddAsync(entry, $"{name}/{Path.GetFileName(entry)}").ConfigureAwait(false);
            }
        }

        async Task WriteFileAsync(string name, Stream content, UnixFileMode mode)
        {
            var entry = Entry(TarEntryType.RegularFile, name, mode);
            entry.DataStream = content;
            await tar.WriteEntryAsync(entry, cancellation).ConfigureAwait(false);
        }
    }

    private static PaxTarEntry Entry(TarEntryType type, string name, UnixFileMode mode, string? link = null)
    {
        var entry = new PaxTarEntry(type, name)
        { Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch.AddSeconds(1), Uid = 0, Gid = 0 };
        if (link is not null)
            entry.LinkName = link;
        return entry;
    }

    private static string Last(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault("it gave no reason");
}

/// <summary>The shell scripts that run on a machine before anything of Hale is there.</summary>
internal static class Scripts
{
    /// <summary>Says what a machine is.</summary>
    public static string Preflight => Read("preflight.sh");

    /// <summary>Says what of its links and units is not as its system made it; before the other.</summary>
    public static string Drift => Read("drift.sh");

    /// <summary>Unpacks the first store paths.</summary>
    public static string Bootstrap => Read("bootstrap.sh");

    /// <summary>Reads and writes the machine's key.</summary>
    public static string MachineKey => Read("machine-key.sh");

    private static string Read(string name)
    {
        using var stream = typeof(Scripts).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
