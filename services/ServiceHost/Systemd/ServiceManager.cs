using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ServiceHost;

/// <summary>
/// Tells systemd how the service is doing, where it asked: datagrams to $NOTIFY_SOCKET (sd_notify(3)), and, where the unit has
/// WatchdogSec=, a sign of life at half that interval (sd_watchdog_enabled(3)).
/// </summary>
public sealed class ServiceManager : IDisposable
{
    private readonly UnixDomainSocketEndPoint? endpoint;
    private readonly TimeSpan? watchdog;
    private Timer? heartbeat;

    public ServiceManager(Func<string, string?> environment)
    {
        var path = environment("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path))
            return;
        // A leading @ stands for the zero byte of an abstract socket.
        endpoint = new UnixDomainSocketEndPoint(path[0] == '@' ? $"\0{path[1..]}" : path);

        var isOurs = environment("WATCHDOG_PID") is not { Length: > 0 } pid
            || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (isOurs && long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds))
            watchdog = TimeSpan.FromMicroseconds(microseconds);
    }

    public void Ready(string status)
    {
        Send($"READY=1\nSTATUS={status}");
        if (watchdog is { } interval)
            heartbeat = new Timer(_ => Send("WATCHDOG=1"), null, TimeSpan.Zero, interval / 2);
    }

    public void Stopping() => Send("STOPPING=1");

    public void Dispose() => heartbeat?.Dispose();

    private void Send(string message)
    {
        if (endpoint is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), endpoint);
        }
        catch (SocketException)
        {
            // Nobody listens any more: then nobody misses the message, and a service must not die of it.
        }
    }
}
