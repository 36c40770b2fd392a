using System.Text;
using Hale.Declare;
using Hale.Evaluate;

namespace Hale.Produce;

/// <summary>What a downloaded file becomes in the store.</summary>
public enum DownloadForm
{
    /// <summary>A tar (plain, or compressed by gzip, xz or zstd) or a zip, unpacked into a folder.</summary>
    Archive,

    /// <summary>One program, or one compressed by gzip, xz or zstd: <c>bin/NAME</c> in a folder.</summary>
    Executable,

    /// <summary>The file as it is: the store path is the file.</summary>
    File,
}

/// <summary>A file at an address on the Internet.</summary>
/// <param name="Url">Its address: https, or http on this computer itself.</param>
/// <param name="Sha256">Its SHA-256, as 64 hexadecimal digits or as <c>sha256-BASE64</c>; empty pins it in <c>hale.lock</c> instead.</param>
public sealed record RemoteFile(string Url, string Sha256 = "")
{
    private const string WebForm = "sha256-";

    /// <summary>The hash in 64 lower-case hexadecimal digits; empty where none is declared or the text is none.</summary>
    public string Sha256Hex => Sha256 switch
    {
        { Length: 64 } when Sha256.All(char.IsAsciiHexDigit) => Sha256.ToLowerInvariant(),
        { Length: 51 } when Sha256.StartsWith(WebForm, StringComparison.Ordinal) => FromBase64(Sha256[WebForm.Length..]),
        _ => "",
    };

    private static string FromBase64(string digits)
    {
        Span<byte> bytes = stackalloc byte[33];
        return Convert.TryFromBase64String(digits, bytes, out var count) && count == 32 ? Convert.ToHexStringLower(bytes[..32]) : "";
    }
}

/// <summary>
/// A file of a project's own release page, verified by its SHA-256 and unpacked. Where the declaration names no hash, the first
/// build pins what it finds in <c>hale.lock</c>, as <c>download/NAME/ARCHITECTURE</c>.
/// </summary>
/// <param name="DownloadName">Its name, in the lock too: letters, digits and <c>+ - . _ ? =</c>.</param>
/// <param name="Url">Its address: https, or http on this computer itself.</param>
public sealed record Download(string DownloadName, string Url) : Derivation(DownloadName)
{
    /// <summary>The version that it is, for people; empty where only the address says it.</summary>
    public string Version { get; init; } = "";

    /// <summary>Its SHA-256, as 64 hexadecimal digits or as <c>sha256-BASE64</c>; empty pins it in <c>hale.lock</c>.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>The file for hosts with <see cref="Platform.Arm64"/>; null where one file serves every platform.</summary>
    public RemoteFile? Arm64 { get; init; }

    /// <summary>What it becomes.</summary>
    public DownloadForm Form { get; init; } = DownloadForm.Archive;

    /// <summary>How many leading folders of an archive's paths are cut off, 0 to 10; what has no more than those is left out.</summary>
    public int StripComponents { get; init; }

    /// <summary>The file for a platform.</summary>
    public RemoteFile On(Platform platform) => platform == Platform.Arm64 && Arm64 is { } other ? other : new RemoteFile(Url, Sha256);

    /// <summary>What is wrong with it, as declared; all of it.</summary>
    public IEnumerable<Problem> Check()
    {
        if (DownloadName.Length is 0 or > 100 || DownloadName[0] == '.' || !DownloadName.All(IsOfAName))
            yield return new Problem($"\"{DownloadName}\" is no name for a download.", "Use letters, digits and + - . _ ? =, not a dot first.");
        if (StripComponents is < 0 or > 10 || (StripComponents > 0 && Form != DownloadForm.Archive))
            yield return new Problem(
                $"The download {DownloadName} is to lose {StripComponents} leading folders.", "StripComponents is 0 to 10, and for an archive.");
        foreach (var file in Arm64 is { } other ? new[] { On(Platform.X64), other } : [On(Platform.X64)])
        {
            if (!Uri.TryCreate(file.Url, UriKind.Absolute, out var address)
                || !(address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback)) || address.UserInfo.Length > 0)
                yield return new Problem($"The download {DownloadName} has the address \"{file.Url}\".", "Write an address that begins with https://");
            if (file.Sha256.Length > 0 && file.Sha256Hex.Length == 0)
                yield return new Problem(
                    $"The download {DownloadName} has the SHA-256 \"{file.Sha256}\", which is none.",
                    "Write 64 hexadecimal digits, or sha256- and 44 digits of base 64.");
        }
    }

    internal override string Describe()
    {
        var text = new StringBuilder($"download\n{Form}\n{StripComponents}\n{Version}\n{Url}\n{Sha256}\n");
        return Arm64 is { } other ? text.Append($"{other.Url}\n{other.Sha256}\n").ToString() : text.ToString();
    }

    private static bool IsOfAName(char c) => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' or '?' or '=';
}
