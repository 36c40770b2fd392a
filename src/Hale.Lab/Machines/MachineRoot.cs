using System.Net;

namespace Hale.Lab;

/// <summary>
/// What makes a copy of the base image a machine of its own: its name, address, host key, and the one key that may log in. Nothing else
/// is put into it, save where apt finds the lab's proxy.
/// </summary>
internal static class MachineRoot
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyFolder = OwnerOnly | UnixFileMode.UserExecute;

    /// <summary>Prepares a clone that has not been booted.</summary>
    /// <param name="root">The clone.</param>
    /// <param name="options">The machine's names.</param>
    /// <param name="address">Its address on the bridge.</param>
    /// <param name="authorizedKey">The public key that may log in as root, one line.</param>
    /// <param name="mirror">Where its apt looks.</param>
    /// <param name="proxy">How its apt gets there.</param>
    /// <param name="cancellation">Ends it half-way.</param>
    /// <returns>The machine's public host key: its kind and its base-64.</returns>
    public static async Task<string> PrepareAsync(
        string root, MachineOptions options, IPAddress address, string authorizedKey, LabMirror mirror, IPEndPoint proxy,
        CancellationToken cancellation)
    {
        string At(string path) => Path.Combine(root, path);

        File.WriteAllText(At("etc/hostname"), options.Name + "\n");
        File.WriteAllText(At("etc/hosts"), $"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
        File.WriteAllText(At("etc/systemd/network/10-host0.network"), $"""
            # The lab's bridge. There is no way out of it, so there is no gateway.
            [Match]
            Name=host0

            [Network]
            Address={address}/{LabNetwork.PrefixLength}
            IPv6AcceptRA=no

            """);

        File.WriteAllText(At("etc/apt/sources.list"), $"deb {mirror.Archive} {BaseRecipe.Debian13.Suite} main\n");
        File.WriteAllLines(At("etc/apt/apt.conf.d/90hale-lab"), [$"Acquire::http::Proxy \"http://{proxy}\";", .. mirror.AptOptions]);

        Directory.CreateDirectory(At("root/.ssh"), OwnerOnlyFolder);
        File.WriteAllText(At("root/.ssh/authorized_keys"), authorizedKey + "\n");
        File.SetUnixFileMode(At("root/.ssh/authorized_keys"), OwnerOnly);
        await SshKey.MakeAsync(At("etc/ssh/ssh_host_ed25519_key"), options.Name, cancellation);
        return string.Join(' ', File.ReadAllText(At("etc/ssh/ssh_host_ed25519_key.pub")).Split(' ').Take(2)).TrimEnd();
    }

    /// <summary>
    /// Makes a machine know another one by its names. A hosts file that is not a plain file any more (it is managed by what was deployed)
    /// is left alone.
    /// </summary>
    public static void Introduce(string root, IPAddress address, MachineOptions other)
    {
        var hosts = new FileInfo(Path.Combine(root, "etc/hosts"));
        if (!hosts.Exists || hosts.LinkTarget is not null) return;
        File.AppendAllText(hosts.FullName, $"{address} {string.Join(' ', other.Aliases.Prepend(other.Name))}\n");
    }
}
