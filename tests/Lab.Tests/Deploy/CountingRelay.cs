using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Hale.Operator.Deploy;

namespace Lab.Tests.Deploy;

/// <summary>A way to a machine's sshd that lets in so many connections and no more: they stay, and whoever comes later is turned away.</summary>
internal sealed class CountingRelay : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly IPEndPoint to;
    private readonly int connections;
    private readonly ConcurrentBag<TcpClient> open = [];

    public CountingRelay(SshTarget machine, int connections)
    {
        const string port = "-oPort=";
        var own = machine.Options.Single(option => option.StartsWith(port, StringComparison.Ordinal));
        to = new IPEndPoint(IPAddress.Loopback, int.Parse(own[port.Length..], CultureInfo.InvariantCulture));
        this.connections = connections;
        listener.Start();
        Target = machine with { Options = [.. machine.Options.Select(option => option == own ? $"{port}{((IPEndPoint)listener.LocalEndpoint).Port}" : option)] };
        _ = AcceptAsync();
    }

    /// <summary>The machine, by this way.</summary>
    public SshTarget Target { get; }

    /// <summary>Ends the connections that are there, without a word; nobody comes in any more.</summary>
    public void Cut()
    {
        listener.Dispose();
        foreach (var here in open)
            here.Dispose();
    }

    public void Dispose() => Cut();

    private async Task AcceptAsync()
    {
        try
        {
            for (var count = 1; ; count++)
            {
                var here = await listener.AcceptTcpClientAsync();
                if (count > connections)
                    here.Dispose();
                else
                {
                    open.Add(here);
                    _ = RelayAsync(here);
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private async Task RelayAsync(TcpClient here)
    {
        using var _ = here;
        using var there = new TcpClient();
        await there.ConnectAsync(to);
        await Task.WhenAny(here.GetStream().CopyToAsync(there.GetStream()), there.GetStream().CopyToAsync(here.GetStream()));
    }
}
