using System.Text;

namespace Hale.Store.Debian;

/// <summary>The keys that an archive's signature is checked against.</summary>
internal static class ArchiveKeyring
{
    private const string Header = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
    private const string Footer = "-----END PGP PUBLIC KEY BLOCK-----";

    /// <summary>A keyring in the binary form that gpgv reads.</summary>
    /// <param name="file">A keyring, binary or armored; null for Debian's own, a copy of debian-archive-keyring's.</param>
    /// <exception cref="UserError">The file cannot be read.</exception>
    public static byte[] Load(string? file)
    {
        if (file is null)
        {
            using var resource = typeof(ArchiveKeyring).Assembly.GetManifestResourceStream("debian-archive-keyring.gpg")!;
            var own = new MemoryStream();
            resource.CopyTo(own);
            return own.ToArray();
        }

        try
        {
            var content = File.ReadAllBytes(file);
            return content.AsSpan().StartsWith("-----"u8) ? Dearmor(Encoding.ASCII.GetString(content)) : content;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UserError(
                $"The keyring {file} cannot be read: {e.Message}",
                "Name a file of OpenPGP public keys, as in apt's Signed-By.",
                e);
        }
    }

    // RFC 9580, section 6.2: headers, an empty line, base64, and a checksum after `=` that nothing needs. Several blocks may follow each
    // other.
    private static byte[] Dearmor(string text)
    {
        var keys = new MemoryStream();
        foreach (var block in text.Split(Header)[1..])
        {
            var lines = block.Split(Footer)[0].Split('\n').Select(static line => line.Trim()).ToList();
            var body = lines.Skip(1).SkipWhile(static line => line.Length > 0).Where(static line => line.Length > 0 && line[0] != '=');
            keys.Write(Convert.FromBase64String(string.Concat(body)));
        }

        return keys.ToArray();
    }
}
