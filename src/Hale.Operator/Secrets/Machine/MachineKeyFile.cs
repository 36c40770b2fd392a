using System.Globalization;
using System.Text;
using Hale.Operator.Deploy;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets.Machine;

/// <summary>The key of a machine as it was read: in memory here, and nowhere else.</summary>
/// <param name="text">The text of its file.</param>
/// <param name="isPrivate">Whether it is root's alone.</param>
internal sealed class FoundKey(string text, bool isPrivate)
{
    /// <summary>The text of the file. It is secret.</summary>
    public string Text { get; } = text;

    /// <summary>Whether its mode is 0600 and its owner root.</summary>
    public bool IsPrivate { get; } = isPrivate;

    /// <summary>The keys in it; the first is the machine's, a second one is the one before it.</summary>
    public IReadOnlyList<AgeIdentity> Identities { get; } = AgeIdentity.ParseKeyFile(text);

    /// <summary>Whom to encrypt to: worked out from the key, not read from the file's comment.</summary>
    public AgeRecipient Recipient => Identities[0].Recipient;

    /// <summary>The recipient; never the key.</summary>
    public override string ToString() => $"the key of {Recipient}";
}

/// <summary>The key file of a machine, over ssh: with what every Debian has, because nothing of Hale need be there yet.</summary>
/// <param name="ssh">The connection.</param>
internal sealed class MachineKeyFile(SshConnection ssh)
{
    /// <summary>Where the key is, on the machine.</summary>
    public const string KeyPath = "/var/lib/hale/key.txt";

    private const string OwnersOnly = "600 0 0";

    /// <summary>Reads it; null where there is none.</summary>
    /// <exception cref="UserError">The machine cannot be reached (5), or lets us in as somebody else than root.</exception>
    /// <exception cref="SecretsError">The file holds no key.</exception>
    public async Task<FoundKey?> ReadAsync(CancellationToken cancellation)
    {
        var (said, key) = await RunAsync(["read"], "", cancellation).ConfigureAwait(false);
        try
        {
            return key is null ? null : new FoundKey(key, said.GetValueOrDefault("mode") == OwnersOnly);
        }
        catch (SecretsError error)
        {
            throw new SecretsError(
                $"{ssh.Name}: {KeyPath} is no key file: {error.Message}", $"Look at it there; move it away, and run this again for a new key. {error.Hint}");
        }
    }

    /// <summary>Writes it: whole or not at all, for root alone. The text goes over ssh's standard input, never as an argument.</summary>
    /// <param name="text">The text of the file.</param>
    /// <param name="replace">Whether a key that is there is replaced; otherwise that is an error.</param>
    /// <param name="cancellation">Ends the connection.</param>
    /// <exception cref="UserError">The machine cannot be reached (5), or did not take it.</exception>
    public async Task PlaceAsync(string text, bool replace, CancellationToken cancellation)
    {
        var length = Encoding.UTF8.GetByteCount(text).ToString(CultureInfo.InvariantCulture);
        var (said, _) = await RunAsync([replace ? "replace" : "place", length], text, cancellation).ConfigureAwait(false);
        if (said.GetValueOrDefault("placed") != "yes")
            throw new UserError(
                $"{ssh.Name} did not take its key: {said.GetValueOrDefault("failed", "it did not say why")}. Its key is what it was.",
                "Is its disk full, or mounted read-only? Run the same command again.");
    }

    private async Task<(IReadOnlyDictionary<string, string> Said, string? Key)> RunAsync(string[] arguments, string input, CancellationToken cancellation)
    {
        var command = $"sh -c {SshConnection.Quote(Scripts.MachineKey)} hale-key {string.Join(' ', arguments.Select(SshConnection.Quote))}";
        var result = await ssh.RunAsync(command, input, cancellation).ConfigureAwait(false);
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        var rest = result.Output;
        while (rest.IndexOf('\n', StringComparison.Ordinal) is var end && end >= 0)
        {
            var parts = rest[..end].Split('\t', 2);
            rest = rest[(end + 1)..];
            if (parts[0] == "key")
                return (said, rest);
            said[parts[0]] = parts.ElementAtOrDefault(1) ?? "";
        }
        if (!said.TryGetValue("uid", out var uid) || (result.ExitCode != 0 && uid == "0"))
            throw new UserError(
                $"{ssh.Name} could not do it: {(result.Error.Trim() is { Length: > 0 } error ? error : $"exit code {result.ExitCode}")}",
                "Its login shell must run commands without printing anything of its own, and /var/lib must be writable.");
        return uid == "0" ? (said, null) : throw new UserError(
            $"{ssh.Name} lets us in as a user who is not root (number {uid}), and the machine's key is root's.", "Log in as root: Address = \"root@…\".");
    }
}
