using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Hale.Store.Debian;

/// <summary>
/// Checks a clear-signed file with gpgv and gives back the signed text alone, as gpgv wrote it: nothing that stands
/// outside the signature can be taken for the archive's word.
/// </summary>
internal static class SignedText
{
    private const string Begin = "-----BEGIN PGP SIGNED MESSAGE-----";
    private const string Signature = "-----BEGIN PGP SIGNATURE-----";
    private const string End = "-----END PGP SIGNATURE-----";

    // OpenPGP's numbers (RFC 9580, section 9.5) of the hashes a signature may use: SHA-256, SHA-384, SHA-512, SHA-224.
    private static readonly HashSet<string> StrongHashes = ["8", "9", "10", "11"];

    /// <summary>The signed text of a file.</summary>
    /// <param name="content">The clear-signed file.</param>
    /// <param name="keyring">A keyring, binary or armored; null for Debian's own.</param>
    /// <param name="source">Where the content is from, for messages.</param>
    /// <exception cref="UserError">Unsigned, truncated, tampered with, signed by a key not in the keyring; or gpgv is missing.</exception>
    public static byte[] Verify(byte[] content, string? keyring, string source)
    {
        CheckShape(content, source);
        var folder = Directory.CreateTempSubdirectory("hale-gpgv-").FullName;
        try
        {
            var message = Path.Combine(folder, "message");
            var keys = Path.Combine(folder, "keys.gpg");
            var text = Path.Combine(folder, "text");
            File.WriteAllBytes(message, content);
            File.WriteAllBytes(keys, ArchiveKeyring.Load(keyring));
            var (status, log) = Run(["--homedir", folder, "--status-fd", "1", "--keyring", keys, "--output", text, message]);
            Judge(status, log, keyring, source);
            return File.ReadAllBytes(text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void CheckShape(byte[] content, string source)
    {
        var lines = Encoding.Latin1.GetString(content).Split('\n').Select(static line => line.TrimEnd('\r', ' ', '\t')).ToList();
        while (lines.Count > 0 && lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        if (lines.Count == 0 || lines[0] != Begin)
        {
            throw new UserError(
                $"{source} is not signed: it does not begin with `{Begin}`.",
                "An archive signs its InRelease file. Is the address a Debian archive's, and does nothing between here and "
                    + "there (a captive portal, a proxy) answer in its place?");
        }

        if (lines[^1] != End && !lines.Contains(End))
            throw new UserError($"{source} is truncated: its signature does not end.", "Try again; if it stays so, use another mirror.");
        if (lines[^1] != End || lines.Count(static line => line == Begin) != 1 || lines.Count(static line => line == Signature) != 1)
        {
            throw new UserError(
                $"{source} was tampered with: there is text outside its one signature.",
                "Use another mirror; nothing of this one was taken.");
        }
    }

    private static void Judge(string status, string log, string? keyring, string source)
    {
        var words = status.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => line.StartsWith("[GNUPG:] ", StringComparison.Ordinal))
            .Select(static line => line[9..].Split(' '))
            .ToList();
        if (words.Any(static word => word[0] == "BADSIG"))
        {
            throw new UserError(
                $"{source} was tampered with: its signature does not fit its text.{Indent(log)}",
                "Use another mirror; nothing of this one was taken.");
        }

        // gpgv says VALIDSIG also of a key that has expired or is revoked; only after GOODSIG does it count.
        for (var i = 1; i < words.Count; i++)
        {
            var good = words[..i].FindLast(static word => word[0] is "GOODSIG" or "EXPSIG" or "EXPKEYSIG" or "REVKEYSIG");
            if (words[i] is ["VALIDSIG", _, _, _, _, _, _, _, var hash, ..] && good?[0] == "GOODSIG" && StrongHashes.Contains(hash)) return;
        }

        var file = keyring is null ? "Debian's own keyring, which Hale carries" : $"the keyring {keyring}";
        throw new UserError(
            $"{source} is not signed by a key of {file}.{Indent(log)}",
            "For an archive that is not Debian's, set its keyring. For a Debian release newer than this Hale, update Hale or "
                + "set the keyring to /usr/share/keyrings/debian-archive-keyring.gpg.");
    }

    private static string Indent(string log) =>
        string.Concat(log.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => $"\n  {line}"));

    private static (string Status, string Log) Run(string[] arguments)
    {
        var start = new ProcessStartInfo("gpgv", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LC_ALL"] = "C";
        try
        {
            using var process = Process.Start(start) ?? throw new Win32Exception();
            var log = process.StandardError.ReadToEndAsync();
            var status = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (status, log.GetAwaiter().GetResult());
        }
        catch (Win32Exception e)
        {
            throw new UserError(
                "The program gpgv, which checks the archive's signature, cannot be run.",
                "Install it: apt-get install gpgv.",
                e);
        }
    }
}
