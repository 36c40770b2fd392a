namespace Hale.Lab;

/// <summary>An ed25519 key pair without a passphrase, in OpenSSH's format.</summary>
internal static class SshKey
{
    /// <summary>Makes the key in a file (mode 0600) and its public part in the file of the same name with <c>.pub</c>.</summary>
    public static Task MakeAsync(string path, string comment, CancellationToken cancellation) =>
        Command.SucceedAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], cancellation: cancellation);
}
