using System.Text;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets;

/// <summary>An encrypted file on this computer, as it was when it was read.</summary>
/// <param name="Path">Its absolute path.</param>
/// <param name="Content">What it held, or will first hold.</param>
/// <param name="IsNew">Whether it is not there yet.</param>
internal sealed record EncryptedFile(string Path, SopsFile Content, bool IsNew)
{
    private const UnixFileMode New =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The path for a person.</summary>
    public string Name => Content.Name;

    /// <summary>Reads it.</summary>
    public static EncryptedFile Read(string path, string name) => new(path, SopsFile.Read(path, name), IsNew: false);

    /// <summary>An empty one, in memory.</summary>
    public static EncryptedFile Begin(string path, string name, SopsRule rule, DateTimeOffset now)
    {
        var format = SopsFormats.Of(path);
        var empty = format == SopsFormat.Json ? "{\n}\n" : "";
        return new(path, SopsFile.Encrypt(Encoding.UTF8.GetBytes(empty), format, name, rule, now), IsNew: true);
    }

    /// <summary>
    /// Puts another content in its place: beside it first, then by a rename, so that a crash leaves the old one or the new one whole.
    /// The mode stays, and so does a link that leads to the file.
    /// </summary>
    /// <exception cref="UserError">Somebody else changed the file meanwhile.</exception>
    public void Write(SopsFile changed)
    {
        if (File.Exists(Path) ? IsNew || File.ReadAllText(Path) != Content.Text : !IsNew)
            throw new UserError(
                $"{Name} was changed by somebody else meanwhile; nothing was written.", "Run the command again: it starts from what is there now.");
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        WholeFile.Write(Path, Encoding.UTF8.GetBytes(changed.Text), New);
    }
}
