using System.Net;
using CallTokens.Discover;
using CallTokens.Leave;
using CallTokens.LiveKit;
using CallTokens.OpenId;
using CallTokens.Reach;
using CallTokens.Settings;
using ServiceHost;
using SrvRecords;

namespace CallTokens.Hosting;

/// <summary>Puts the service together: settings in, a server out. Tests start the same one.</summary>
internal static class CallTokensApp
{
    // Time in all, and the largest body, of one request to a stranger's server.
    private static readonly (TimeSpan Time, int Bytes) Bounds = (TimeSpan.FromSeconds(10), 64 * 1024);

    public static SmallServer Build(ServiceSettings settings, Action<CallTokensOptions>? configure = null)
    {
        var options = new CallTokensOptions();
        configure?.Invoke(options);

        var log = options.Loggers.CreateLogger("call-tokens");
        var connections = new GuardedConnections(new Addresses(settings.AllowedNetworks), options.Resolve);
        // One for the names of servers and one for where these lead: a kept connection of one is not the other's.
        var (web, guarded, local) = (connections.Client(Bounds, options.Handler), connections.Client(Bounds, options.Handler), Local());

        var jwt = new Jwt(settings.Key, options.Time);
        var rooms = new RoomService(settings, jwt, local, log);
        var discovery = new Discovery(new WellKnown(web, options.Time), options.FindSrv ?? SrvResolver.OfThisComputer().FindAsync);
        var identities = new Identities(new UserInfo(settings, discovery, guarded, local, log).AskAsync, options.Time);
        var leaves = new Leaves(rooms, new DelayedEvents(settings, web, local), new LeaveFile(settings.StateFolder, log), options.Time, log);
        var server = new SmallServer(settings.Listen, Endpoints.LargestWebhook, options.Loggers)
        {
            Started = leaves.Restore,
            Stopped = async () =>
            {
                await leaves.DisposeAsync();
                foreach (var client in (HttpClient[])[web, guarded, local])
                    client.Dispose();
            },
        };
        server.Handler = new Endpoints(settings, identities, rooms, leaves, jwt, log, server.Stopping).HandleAsync;
        return server;
    }

    // To LiveKit, and to homeservers that a setting names.
    private static HttpClient Local() => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false })
    {
        Timeout = Bounds.Time,
        MaxResponseContentBufferSize = Bounds.Bytes,
    };
}

/// <summary>What tests set otherwise than the machine does.</summary>
internal sealed class CallTokensOptions
{
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; set; } = Dns.GetHostAddressesAsync;

    public Func<string, CancellationToken, Task<IReadOnlyList<SrvRecord>>>? FindSrv { get; set; }

    /// <summary>More for the connections to strangers' servers, such as a certificate authority to trust.</summary>
    public Action<SocketsHttpHandler>? Handler { get; set; }

    public ILoggerFactory Loggers { get; set; } = JournalLog.OfThisProcess();
}
