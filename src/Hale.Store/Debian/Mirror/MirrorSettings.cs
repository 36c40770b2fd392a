namespace Hale.Store.Debian;

/// <summary>
/// Where the packages come from: the archive, its security archive, and how to reach them. A fleet may say it; otherwise this
/// computer's apt configuration does, so that a machine behind a mirror or a proxy uses what its administrator chose.
/// </summary>
public sealed record MirrorSettings
{
    /// <summary>Address below which <c>dists/</c> and <c>pool/</c> lie.</summary>
    public required Uri Archive { get; init; }

    /// <summary>The same for suites named <c>…-security</c>; null where no source for them is known.</summary>
    public Uri? Security { get; init; }

    /// <summary>The HTTP proxy; null for a direct connection.</summary>
    public Uri? Proxy { get; init; }

    /// <summary>
    /// File of the keys that sign the archive, binary or armored; null for Debian's own, which Hale carries.
    /// </summary>
    public string? Keyring { get; init; }

    /// <summary>The components to read: <c>main</c>, <c>contrib</c>, <c>non-free</c>, <c>non-free-firmware</c>.</summary>
    public IReadOnlyList<string> Components { get; init; } = ["main"];

    /// <summary>The settings that a fleet spells out.</summary>
    /// <param name="archive">Address of the archive, http or https.</param>
    /// <param name="security">Address of the security archive; null for none.</param>
    /// <exception cref="UserError">An address is not an absolute http or https URL.</exception>
    public static MirrorSettings Of(string archive, string? security = null) => new()
    {
        Archive = Address(archive),
        Security = security is null ? null : Address(security),
    };

    /// <summary>What this computer's apt uses.</summary>
    /// <exception cref="UserError">It has no apt, or no source of Debian itself.</exception>
    public static MirrorSettings OfThisComputer() => AptConfiguration.Read("/etc/apt", "/etc/os-release");

    /// <summary>The archive that holds a suite.</summary>
    /// <exception cref="UserError">It is a security suite and no archive for those is known.</exception>
    internal Uri ArchiveOf(string suite) => !IsSecurity(suite)
        ? Archive
        : Security ?? throw new UserError(
            $"No address is known for the suite {suite}: security suites live in an archive of their own.",
            $"Name the security archive beside the mirror {Archive}, or add {suite} to this computer's apt sources.");

    /// <summary>Whether a suite is one of the security archive's.</summary>
    internal static bool IsSecurity(string suite) => suite.EndsWith("-security", StringComparison.Ordinal);

    private static Uri Address(string text) => TryAddress(text) ?? throw new UserError(
        $"The Debian mirror `{text}` is not an http or https address.",
        "Write the address below which dists/ and pool/ lie, as in apt's sources: http://HOST/debian");

    /// <summary>An address with its closing slash, so that paths can be put after it; null where the text is none.</summary>
    internal static Uri? TryAddress(string text) =>
        Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? uri : null;
}
