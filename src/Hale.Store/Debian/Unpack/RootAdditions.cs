using Hale.Store.Unpack;

namespace Hale.Store.Debian;

/// <summary>
/// What a root needs besides its packages' files, because a running system, an installer or a maintainer script makes it:
/// links of the merged /usr, mount points, targets of binds, the names of users, the authorities for TLS.
/// </summary>
internal static class RootAdditions
{
    private const string Owner = "hale";

    // For a root without base-passwd; a unit binds the machine's own over them anyway.
    private const string FewestUsers = """
        root:*:0:0:root:/root:/usr/sbin/nologin
        nobody:*:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

        """;

    private const string FewestGroups = """
        root:*:0:
        nogroup:*:65534:

        """;

    private const string NameServices = """
        passwd: files
        group: files
        shadow: files
        hosts: files dns
        networks: files
        protocols: files
        services: files

        """;

    // nix/store: a service sees the store at its own path, for unit files and configuration name store paths.
    private static readonly string[] MountPoints =
    [
        "proc", "sys", "dev", "run", "tmp", "root", "home", "mnt", "srv", "opt", "nix/store",
        "var/cache", "var/lib", "var/log", "var/spool", "var/tmp",
    ];

    // systemd binds the host's own over these; it cannot make the file to bind over in a tree that is read-only.
    private static readonly string[] BindTargets = ["etc/resolv.conf", "etc/hosts", "etc/machine-id", "etc/hostname", "etc/localtime"];

    /// <summary>Adds what is not there. A package's own file always stays.</summary>
    public static void AddTo(RootTree tree, string codename)
    {
        foreach (var folder in (string[])["bin", "sbin", "lib"])
            tree.AddLink(Owner, folder, $"usr/{folder}");
        foreach (var folder in (string[])["usr/bin", "usr/sbin", "usr/lib"])
            tree.AddFolder(Owner, folder);
        // Only amd64 has its loader there.
        if (tree.Has("usr/lib64")) tree.AddLink(Owner, "lib64", "usr/lib64");
        foreach (var folder in MountPoints)
            if (!tree.Has(folder)) tree.AddFolder(Owner, folder);
        AddLinkIfMissing(tree, "var/run", "/run");
        AddLinkIfMissing(tree, "var/lock", "/run/lock");
        foreach (var file in BindTargets)
            AddIfMissing(tree, file, "");
        AddUsers(tree);
        AddIfMissing(tree, "etc/nsswitch.conf", NameServices);
        AddIfMissing(tree, "usr/lib/os-release", $"""
            ID=debian
            NAME="Debian GNU/Linux"
            PRETTY_NAME="Debian GNU/Linux {codename}"
            VERSION_CODENAME={codename}

            """);
        AddLinkIfMissing(tree, "etc/os-release", "../usr/lib/os-release");
        AddAuthorities(tree);
    }

    // base-passwd keeps the users and groups that every Debian system has, and writes them from its postinst.
    private static void AddUsers(RootTree tree)
    {
        AddIfMissing(tree, "etc/passwd", Master("passwd") ?? FewestUsers);
        AddIfMissing(tree, "etc/group", Master("group") ?? FewestGroups);

        string? Master(string name) =>
            tree.Claims.TryGetValue($"usr/share/base-passwd/{name}.master", out var claim) && claim.Kind == EntryKind.File
                ? File.ReadAllText(claim.Place!)
                : null;
    }

    // update-ca-certificates' one product that programs read: all authorities in one file.
    private static void AddAuthorities(RootTree tree)
    {
        var certificates = tree.Claims
            .Where(static c => c.Value.Kind == EntryKind.File && c.Key.StartsWith("usr/share/ca-certificates/", StringComparison.Ordinal)
                && c.Key.EndsWith(".crt", StringComparison.Ordinal))
            .OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => File.ReadAllText(c.Value.Place!).TrimEnd() + "\n").ToList();
        if (certificates.Count > 0) AddIfMissing(tree, "etc/ssl/certs/ca-certificates.crt", string.Concat(certificates));
    }

    private static void AddIfMissing(RootTree tree, string path, string text)
    {
        if (!tree.Has(path)) tree.AddText(Owner, path, text);
    }

    private static void AddLinkIfMissing(RootTree tree, string path, string target)
    {
        if (!tree.Has(path)) tree.AddLink(Owner, path, target);
    }
}
