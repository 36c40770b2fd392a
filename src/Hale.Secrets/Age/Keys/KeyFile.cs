using System.Globalization;
using System.Text;

namespace Hale.Secrets;

/// <summary>Key files: who may read them, what may stand in them, how they are made.</summary>
internal static class KeyFile
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    internal static IReadOnlyList<AgeIdentity> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = File.OpenRead(path);
            // The mode is asked of the open file, so that it is the one that is read.
            if (File.GetUnixFileMode(file.SafeFileHandle) is var mode && (mode & Others) != 0)
                throw new SecretsError(
                    $"{path}: the key file has mode {Convert.ToString((int)mode, 8).PadLeft(4, '0')}, so others than its owner have access to the secret key.",
                    $"chmod 600 {path}; and where others may have read it, make a new key.");
            using var reader = new StreamReader(file, Encoding.UTF8);
            return Parse(reader.ReadToEnd());
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SecretsError(
                $"{path}: there is no such key file.", "hale secrets init makes one; or set SOPS_AGE_KEY_FILE to yours.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new SecretsError($"{path}: the key file cannot be read by {Environment.UserName}.", "Run as the key's owner.");
        }
        catch (SecretsError error) when (!error.Message.StartsWith(path, StringComparison.Ordinal))
        {
            throw error.In(path);
        }
    }

    internal static IReadOnlyList<AgeIdentity> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var start = text.AsSpan().TrimStart();
        if (start.StartsWith(OpenSshKey.Begin))
            return [OpenSshKey.Parse(text)];
        if (start.StartsWith("-----BEGIN AGE") || start.StartsWith(Header.Version))
            throw new SecretsError("The key file is itself encrypted.", "Decrypt it first: age -d.");
        if (start.StartsWith("-----BEGIN"))
            throw new SecretsError("This kind of private key is not supported.", "Use an age key, or an ed25519 key in OpenSSH's format.");

        var identities = new List<AgeIdentity>();
        var number = 0;
        foreach (var line in text.Split('\n'))
        {
            number++;
            if (line.Trim() is not { Length: > 0 } key || key[0] == '#')
                continue;
            try
            {
                identities.Add(AgeIdentity.Parse(key));
            }
            catch (SecretsError error)
            {
                throw new SecretsError($"line {number} of the key file: {error.Message}", error.Hint);
            }
        }

        return identities.Count > 0
            ? identities
            : throw new SecretsError("There is no key in the key file.", "A key is a line that starts with AGE-SECRET-KEY-1.");
    }

    internal static string Text(AgeIdentity identity, DateTimeOffset created) => identity is X25519Identity key
        ? $"# created: {created.ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture)}\n# public key: {key.Recipient}\n{key.SecretText()}\n"
        : throw new InvalidOperationException($"{identity} is not an age key; it has no key file.");

    internal static void Write(string path, AgeIdentity identity, DateTimeOffset created)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var text = Text(identity, created);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            Directory.CreateDirectory(folder, OwnersOnly | UnixFileMode.UserExecute);
        try
        {
            using var file = new FileStream(
                path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersOnly });
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new SecretsError($"{path} exists; a key is never written over.", "Move it away, or use it.");
        }
    }
}
