using Hale.Activator.Machine;
using Hale.Activator.Plan;
using Hale.Activator.Staging;
using Hale.Store.Closure;

namespace Hale.Activator.Verify;

/// <summary>Directories, their modes and owners: those of <c>/etc/tmpfiles.d/hale.conf</c> (tmpfiles.d(5)), and Hale's own.</summary>
internal static class FolderFindings
{
    internal const string Secrets = "/var/lib/hale/secrets";
    private const int OpenFolder = 0b111_101_101;
    private const int PrivateFolder = 0b111_000_000;
    private const int PrivateFile = 0b110_000_000;

    // Hale makes them with its first activation.
    private static readonly string[] Own = ["/etc/hale", "/var/lib/hale", "/var/lib/hale/generations", "/var/lib/hale/info", "/nix", "/nix/store"];

    internal static IEnumerable<Finding> Of(MachineFiles files, SystemManifest manifest, Accounts accounts) =>
    [
        .. Own.Where(files.Exists).SelectMany(folder => Compare(files, accounts, folder, OpenFolder, 0, 0)),
        .. Private(files, accounts, Secrets),
        .. Private(files, accounts, SealedFiles.KeyFile),
        .. UserFindings.Lines(files, manifest, Planner.TmpfilesFile).SelectMany(line => Line(files, UserFindings.Fields(line), accounts)),
    ];

    /// <summary>What lies below is for root alone.</summary>
    internal static IEnumerable<Finding> Private(MachineFiles files, Accounts accounts, string path)
    {
        var stat = PathStat.Of(files.At(path));
        if (stat is null)
            return [];
        var below = stat.Value.IsFolder
            ? files.Names(path).Order(StringComparer.Ordinal).SelectMany(name => Private(files, accounts, $"{path}/{name}")) : [];
        return [.. Compare(files, accounts, path, stat.Value.IsFolder ? PrivateFolder : PrivateFile, 0, 0), .. below];
    }

    private static IEnumerable<Finding> Line(MachineFiles files, List<string> fields, Accounts accounts)
    {
        var type = fields.Count > 1 ? fields[0].TrimEnd('!', '+', '-', '=', '~', '^', '$') : "";
        // Specifiers would have to be worked out as systemd does; Hale's own lines have none.
        if (type is not ("d" or "D" or "v" or "q" or "Q") || fields[1].Contains('%', StringComparison.Ordinal))
            return [];
        var path = fields[1];
        if (PathStat.Of(files.At(path)) is not { IsFolder: true })
            return
            [
                new Finding
                {
                    Kind = FindingKind.FolderMissing,
                    Path = path,
                    Expected = "a folder",
                    Actual = LinkFindings.What(files, path),
                    IsContent = files.Exists(path),
                },
            ];
        var mode = Field(fields, 2) is { } text && text[0] is not ('~' or ':') ? Convert.ToInt32(text, 8) : (int?)null;
        return Compare(files, accounts, path, Field(fields, 2) is null ? OpenFolder : mode, Owner(fields, 3, accounts.User), Owner(fields, 4, accounts.Group));
    }

    /// <summary>Whom it must belong to; null where that is not known, because the user is missing, which is told by itself.</summary>
    private static uint? Owner(List<string> fields, int at, Func<string, uint?> number) =>
        Field(fields, at) is not { } name ? 0 : name[0] == ':' ? null : number(name);

    private static string? Field(List<string> fields, int at) => fields.Count > at && fields[at] is not ("-" or "") ? fields[at] : null;

    internal static IEnumerable<Finding> Compare(MachineFiles files, Accounts accounts, string path, int? mode, uint? user, uint? group)
    {
        if (PathStat.Of(files.At(path)) is not { } stat)
            yield break;
        if (mode is { } bits && bits != stat.Bits)
            yield return new Finding { Kind = FindingKind.Mode, Path = path, Expected = Octal(bits), Actual = Octal(stat.Bits) };
        // In a folder that somebody else than root made, nothing belongs to root.
        if ((files.IsLive || Native.User() == 0) && ((user is { } u && u != stat.User) || (group is { } g && g != stat.Group)))
            yield return new Finding
            {
                Kind = FindingKind.Owner,
                Path = path,
                Expected = $"{accounts.UserName(user ?? stat.User)}:{accounts.GroupName(group ?? stat.Group)}",
                Actual = $"{accounts.UserName(stat.User)}:{accounts.GroupName(stat.Group)}",
            };
    }

    internal static string Octal(int bits) => Convert.ToString(bits, 8).PadLeft(4, '0');
}
