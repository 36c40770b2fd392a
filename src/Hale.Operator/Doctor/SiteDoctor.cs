using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Hale.Contribute;

namespace Hale.Operator.Doctor;

/// <summary>Looks at a site: its name, where it leads, its certificate, and by its answer at the machine's clock.</summary>
/// <param name="outside">The way there.</param>
/// <param name="hostName">The name or address that ssh reaches the host by; empty where it has none.</param>
internal sealed class SiteDoctor(Outside outside, string hostName)
{
    private static readonly TimeSpan MostOff = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Diagnosis>> LookAsync(SiteOutside site, CancellationToken cancellation)
    {
        var (name, addresses) = await NameAsync(site.Name, cancellation).ConfigureAwait(false);
        if (addresses.Count == 0)
            return [name, Diagnosis.Unseen($"certificate of {site.Name}", "the name leads nowhere")];
        if (addresses.Count == 1)
            return [name, .. await ServerAsync(site.Name, 443, cancellation).ConfigureAwait(false)];
        // People are led to any of them: one that is of another machine fails some of them, some of the time.
        var each = await Task.WhenAll(addresses.Select(address => AtAsync(site.Name, address, cancellation))).ConfigureAwait(false);
        return [name, .. each.Select(found => found[0]), .. each.SelectMany(found => found.Skip(1)).OrderByDescending(clock => clock.Verdict).Take(1)];
    }

    private async Task<IReadOnlyList<Diagnosis>> AtAsync(string site, IPAddress address, CancellationToken cancellation)
    {
        using var way = outside.At(site, address);
        return await new SiteDoctor(way, "").ServerAsync(site, 443, cancellation, address).ConfigureAwait(false);
    }

    private async Task<(Diagnosis Diagnosis, IReadOnlyList<IPAddress> Addresses)> NameAsync(string site, CancellationToken cancellation)
    {
        var what = $"name {site}";
        IReadOnlyList<IPAddress> addresses;
        try
        {
            addresses = await outside.AddressesAsync(site, cancellation).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            return (Diagnosis.Wrong(what, $"DNS has no address for it ({error.SocketErrorCode})", $"Add an A record (and AAAA) for {site} at your domain's provider."), []);
        }
        var seen = string.Join(", ", addresses.Select(address => address.ToString()).Order(StringComparer.Ordinal));
        if (outside.IsTold(site))
            return (Diagnosis.Well(what, $"{seen}, as this command was told"), addresses);
        var machine = await MachineAsync(cancellation).ConfigureAwait(false);
        return (machine.Count == 0 || machine.Intersect(addresses).Any()
            ? Diagnosis.Well(what, seen)
            : Diagnosis.Doubtful(
                what, $"it leads to {seen}, but ssh reaches the host at {string.Join(", ", machine)}",
                "Right behind a proxy or with addresses of its own for ssh; otherwise the record is of another machine: change it."), addresses);
    }

    private async Task<IReadOnlyList<IPAddress>> MachineAsync(CancellationToken cancellation)
    {
        try
        {
            return hostName.Length == 0 ? [] : await outside.AddressesAsync(hostName, cancellation).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The user's ssh configuration may know a name that DNS does not.
            return [];
        }
    }

    /// <summary>Looks at the certificate of a name at a port; at 443 at the clock too, which is the same at any.</summary>
    /// <param name="site">The name.</param>
    /// <param name="port">The port.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="address">The one of the name's addresses that is looked at; null where it has one.</param>
    public async Task<IReadOnlyList<Diagnosis>> ServerAsync(string site, int port, CancellationToken cancellation, IPAddress? address = null)
    {
        var what = $"certificate of {site}{(address is null ? "" : $" at {address}")}{(port == 443 ? "" : $", port {port}")}";
        try
        {
            var (certificate, wrong) = await outside.CertificateAsync(site, port, cancellation).ConfigureAwait(false);
            using (certificate)
            {
                var judged = Judge(what, certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime(), wrong);
                return port == 443 ? [judged, await ClockAsync(site, cancellation).ConfigureAwait(false)] : [judged];
            }
        }
        catch (SocketException error) when (address is { AddressFamily: AddressFamily.InterNetworkV6 }
            && error.SocketErrorCode is SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.AddressFamilyNotSupported)
        {
            return
            [
                Diagnosis.Doubtful(
                    what, $"no way leads there from this computer ({error.SocketErrorCode})",
                    $"Look from one that has IPv6. If nobody answers there either, take the record of {address} away: some people are led to it."),
            ];
        }
        catch (SocketException error)
        {
            return
            [
                Diagnosis.Wrong(
                    what, $"nobody answers at {site}, port {port} ({error.SocketErrorCode})",
                    $"Does the gateway run (hale status), and does a firewall of the provider let port {port} through?"
                        + (address is null ? "" : $" Or the record of {address} is of another machine: take it away.")),
            ];
        }
        catch (Exception error) when (error is AuthenticationException or IOException)
        {
            return
            [
                Diagnosis.Wrong(
                    what, $"port {port} of {site} answers, but shows no certificate: {error.Message}",
                    "The gateway has none for this name yet: its journal says why (journalctl -u caddy). Port 80 must be reachable for it to get one."),
            ];
        }
    }

    private Diagnosis Judge(string what, DateTime from, DateTime until, string wrong)
    {
        var left = until - outside.Now.UtcDateTime;
        if (left < TimeSpan.Zero)
            return Diagnosis.Wrong(what, $"it ended on {until:yyyy-MM-dd HH:mm} UTC", "The gateway could not renew it: its journal says why (journalctl -u caddy).");
        if (from > outside.Now.UtcDateTime)
            return Diagnosis.Wrong(what, $"it counts from {from:yyyy-MM-dd HH:mm} UTC on, later than now", "Is a clock wrong, the host's or this computer's?");
        if (wrong.Length > 0)
            return Diagnosis.Wrong(what, wrong, "Browsers refuse it. A host of the lab has an authority of its own: --ca FILE trusts it here.");
        // A certificate is renewed with a third of its time left: with a sixth, that has failed for a while.
        return left < (until - from) / 6
            ? Diagnosis.Doubtful(what, $"it ends on {until:yyyy-MM-dd HH:mm} UTC and has not been renewed", "The gateway's journal says why (journalctl -u caddy).")
            : Diagnosis.Well(what, $"good until {until:yyyy-MM-dd HH:mm} UTC, {(left.TotalDays >= 1 ? $"{left.TotalDays:0} days" : $"{left.TotalHours:0} hours")} left");
    }

    private async Task<Diagnosis> ClockAsync(string site, CancellationToken cancellation)
    {
        var what = $"clock at {site}";
        try
        {
            var answer = await outside.AskAsync($"https://{site}/", null, cancellation).ConfigureAwait(false);
            return answer.Date is { } date ? Clock(what, date - outside.Now) : Diagnosis.Unseen(what, "its answers say no time");
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return Diagnosis.Wrong(what, $"no answer by HTTPS: {error.Message}", "Does the gateway run? hale status says.");
        }
    }

    /// <summary>What a difference of clocks means.</summary>
    public static Diagnosis Clock(string what, TimeSpan off) => off.Duration() > MostOff
        ? Diagnosis.Wrong(
            what, $"it is {off.Duration().TotalSeconds:0} s {(off > TimeSpan.Zero ? "ahead of" : "behind")} this computer's",
            "Certificates, tokens and other servers go by the time: see timedatectl on the host, or mend this computer's clock.")
        : Diagnosis.Well(what, "right to the half minute");
}
