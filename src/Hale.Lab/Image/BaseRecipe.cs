using System.Security.Cryptography;
using System.Text;

namespace Hale.Lab;

/// <summary>
/// What a fresh machine is made of: Debian, and what a provider's smallest image has besides (sshd, dbus, sudo, a few tools).
/// </summary>
/// <param name="Suite">The release's code name.</param>
/// <param name="Packages">What is installed besides Debian's minimal set.</param>
internal sealed record BaseRecipe(string Suite, IReadOnlyList<string> Packages)
{
    /// <summary>
    /// Raised when <see cref="BaseImage"/> treats what mmdebstrap made in another way, so that older images are not taken for it.
    /// </summary>
    private const int Version = 1;

    /// <summary>Debian 13.</summary>
    public static BaseRecipe Debian13 { get; } = new(
        "trixie",
        [
            "ca-certificates", "curl", "dbus", "iproute2", "iputils-ping", "kmod", "less", "libpam-systemd", "nftables", "openssh-server",
            "procps", "sudo", "systemd", "systemd-sysv",
        ]);

    /// <summary>The name of the image: equal recipes have equal names.</summary>
    public string Key
    {
        get
        {
            var text = $"{Version}\n{Suite}\n{string.Join(' ', Packages)}\n";
            return $"{Suite}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12]}";
        }
    }
}
