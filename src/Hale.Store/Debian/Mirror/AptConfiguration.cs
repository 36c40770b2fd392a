using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Hale.Store.Debian;

/// <summary>Finds, in a computer's apt configuration, the mirror of Debian that it uses and the proxy to it.</summary>
internal static partial class AptConfiguration
{
    // Debian's own names; a release later than these is recognised by the computer that runs it.
    private static readonly HashSet<string> Codenames = ["buster", "bullseye", "bookworm", "trixie", "forky", "duke", "sid"];
    private static readonly HashSet<string> Roles = ["oldoldstable", "oldstable", "stable", "testing", "unstable", "experimental"];
    private static readonly string[] Parts = ["", "-updates", "-security", "/updates", "-proposed-updates", "-backports"];

    /// <summary>The settings of a computer.</summary>
    /// <param name="folder">apt's configuration folder.</param>
    /// <param name="osRelease">Its os-release file.</param>
    /// <exception cref="UserError">It has no apt, or no http source of Debian.</exception>
    public static MirrorSettings Read(string folder, string osRelease)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserError(
                $"No Debian mirror is known: this computer has no apt configuration ({folder}) and the fleet names no mirror.",
                "Name one in the fleet: the address of any Debian mirror, the one below which dists/ and pool/ lie.");
        }

        var own = ReadCodename(osRelease);
        var sources = AptSources.Read(folder)
            .Select(source => (source.Suite, Likeness: Likeness(source, own), Address: Resolve(source.Uri)))
            .Where(static source => source.Likeness > 0 && source.Address is not null)
            .OrderByDescending(static source => source.Likeness)
            .ToList();
        var archive = sources.FirstOrDefault(static source => !MirrorSettings.IsSecurity(source.Suite)).Address;
        if (archive is null)
        {
            throw new UserError(
                $"No Debian mirror is known: apt's sources below {folder} name no http address of Debian's main component.",
                "Name one in the fleet: the address of any Debian mirror, the one below which dists/ and pool/ lie.");
        }

        return new MirrorSettings
        {
            Archive = archive,
            Security = sources.FirstOrDefault(static source => MirrorSettings.IsSecurity(source.Suite)).Address,
            Proxy = FindProxy(Dump(), archive),
        };
    }

    /// <summary>The proxy that <c>apt-config dump</c> names for an address; null for none, or where it says DIRECT.</summary>
    public static Uri? FindProxy(string dump, Uri archive)
    {
        var lines = Setting().Matches(dump).Select(static m => (Name: m.Groups[1].Value, Value: m.Groups[2].Value)).ToList();
        var name = $"Acquire::{archive.Scheme}::Proxy";
        var value = Value($"{name}::{archive.Host}") ?? Value(name);
        if (value is null && archive.Scheme == "https") value = Value("Acquire::http::Proxy");
        return value is null or "" or "DIRECT" || !Uri.TryCreate(value, UriKind.Absolute, out var proxy) ? null : proxy;

        string? Value(string wanted) =>
            lines.LastOrDefault(line => line.Name.Equals(wanted, StringComparison.OrdinalIgnoreCase)).Value;
    }

    // How much a source looks like Debian itself. Others offer a `stable main` too; whose keys sign it tells best.
    // A wrong guess does no harm: the signature is checked against Debian's keys.
    private static int Likeness(AptSource source, string? own)
    {
        var named = Parts.Any(part => source.Suite.EndsWith(part, StringComparison.Ordinal)
            && source.Suite[..^part.Length] is var release && (Codenames.Contains(release) || release == own));
        if (!source.Components.Contains("main") || !(named || Roles.Contains(source.Suite.Split('-', '/')[0]))) return 0;
        var path = source.Uri.TrimEnd('/');
        return (source.SignedBy.Contains("debian-archive", StringComparison.Ordinal) ? 4 : 0)
            + (path.EndsWith("/debian", StringComparison.Ordinal) || path.EndsWith("/debian-security", StringComparison.Ordinal) ? 2 : 0)
            + (named ? 1 : 0);
    }

    private static string? ReadCodename(string osRelease)
    {
        if (!File.Exists(osRelease)) return null;
        var lines = File.ReadAllLines(osRelease);
        return lines.Contains("ID=debian")
            ? lines.FirstOrDefault(static line => line.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))?[17..].Trim('"')
            : null;
    }

    // Debian's cloud images name a file of mirrors (apt-transport-mirror(1)); its first address is the preferred one.
    private static Uri? Resolve(string uri)
    {
        if (!uri.StartsWith("mirror+file:", StringComparison.Ordinal)) return MirrorSettings.TryAddress(uri);
        var file = "/" + uri["mirror+file:".Length..].TrimStart('/');
        return !File.Exists(file)
            ? null
            : File.ReadLines(file)
                .Select(static line => MirrorSettings.TryAddress(line.Split(' ', '\t')[0]))
                .FirstOrDefault(static address => address is not null);
    }

    private static string Dump()
    {
        try
        {
            var start = new ProcessStartInfo("apt-config", ["dump"]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start);
            if (process is null) return "";
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return output;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Sources without the program apt-config: a configuration folder that was copied here. No proxy is known then.
            return "";
        }
    }

    [GeneratedRegex("""^(\S+) "(.*)";$""", RegexOptions.Multiline)]
    private static partial Regex Setting();
}
