using System.Net;
using System.Net.Sockets;

namespace Lab.Tests.Deploy;

/// <summary>A port that leads to another and breaks each connection after so many bytes.</summary>
internal sealed class CuttingRelay : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly long limit;
    private readonly IPEndPoint to;

    public CuttingRelay(IPEndPoint to, long limit)
    {
        (this.to, this.limit) = (to, limit);
        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await listener.AcceptTcpClientAsync());
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
        var back = there.GetStream().CopyToAsync(here.GetStream());
        var buffer = new byte[16 * 1024];
        long sent = 0;
        try
        {
            for (int read; sent < limit && (read = await here.GetStream().ReadAsync(buffer)) > 0; sent += read)
                await there.GetStream().WriteAsync(buffer.AsMemory(0, read));
        }
        catch (IOException)
        {
        }
        here.Close();
        there.Close();
        await back.ContinueWith(static _ => { }, TaskScheduler.Default);
    }
}
