using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Hale.Secrets;
using Hale.Store;

namespace Hale.Operator.Secrets.Editing;

/// <summary>One edit of a whole file by a person: out into memory, and back in if it changed and makes sense.</summary>
/// <param name="place">Where the command works.</param>
internal sealed class EditSession(SecretsPlace place)
{
    private const UnixFileMode OwnersOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Edits a file, which need not exist.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="cancellation">Ends the editor, and leaves the file as it is.</param>
    /// <returns>Whether anything was written, and whether the file is new.</returns>
    /// <exception cref="SecretsError">No key opens it; or what was edited is malformed, and nobody is there to edit it again.</exception>
    /// <exception cref="UserError">There is no editor or no memory for it, or it failed.</exception>
    public async Task<(bool Changed, bool IsNew)> RunAsync(string path, CancellationToken cancellation)
    {
        var editor = Editor.Find(place.Surroundings.EnvironmentVariable);
        var file = place.ReadOrBegin(path);
        using var content = file.Content.Decrypt(place.OwnKeys());
        var before = file.IsNew ? Encoding.UTF8.GetBytes(Example(file.Content.Format)) : content.ToPlaintext();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // The terminal is closed: the command ends as it does for other signals.
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            stopping.Cancel();
        });
        using var memory = MemoryFolder.Create(place.Surroundings.EnvironmentVariable);
        var plain = Path.Combine(memory.Folder, Path.GetFileName(path));
        try
        {
            Write(plain, before);
            while (true)
            {
                stopping.Token.ThrowIfCancellationRequested();
                await editor.RunAsync(plain, stopping.Token).ConfigureAwait(false);
                var after = Read(plain);
                try
                {
                    if (after.AsSpan().SequenceEqual(before))
                        return (false, file.IsNew);
                    var changed = content.Replace(after, place.Now);
                    if (changed == content.File && !file.IsNew)
                        return (false, false);
                    file.Write(changed);
                    return (true, file.IsNew);
                }
                catch (SecretsError error) when (place.Surroundings.Prompt is { } prompt)
                {
                    place.Surroundings.Error.WriteLine($"{error.Message}\n  hint: {error.Hint}");
                    if (!prompt.Confirm("Edit it again?"))
                        throw new UserError("Nothing was written.", "");
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(after);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(before);
        }
    }

    /// <summary>What a new file starts with.</summary>
    internal static string Example(SopsFormat format) => format switch
    {
        SopsFormat.Yaml => """
            # name: value, one a line. Maps nest, and their names are joined by slashes: bot/access_token.
            # Everything is encrypted when you save and close this file, comments too. For example:
            #
            # invite_code: correct horse battery staple
            # bot:
            #     access_token: syt_aGFsZQ

            """,
        SopsFormat.Json => "{\n\t\"name\": \"value\"\n}\n",
        SopsFormat.Dotenv => "# NAME=value, one a line, without quotes and blanks around. Encrypted when you save and close this file, comments too.\n",
        SopsFormat.Ini => "; [section], then name = value lines. Encrypted when you save and close this file, comments too.\n",
        _ => "",
    };

    private static void Write(string path, byte[] content)
    {
        using var file = new FileStream(
            path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnersOnly, BufferSize = 0 });
        file.Write(content);
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserError("The editor removed the file it was given; nothing was written.", "Save it under the name it has.");
        }
    }
}
