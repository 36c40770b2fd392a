using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hale.Lab;

/// <summary>
/// The machines' only way out: an HTTP proxy on the bridge that reaches the Debian archives of this computer's apt and nothing else.
/// Packages are kept, so that a second machine has them at once.
/// </summary>
internal sealed class PackageProxy : IAsyncDisposable
{
    private const int Port = 3142;
    private const int MostConnections = 64;
    private const long Capacity = 4L * 1024 * 1024 * 1024;
    private static readonly TimeSpan idleTimeout = TimeSpan.FromSeconds(60);

    private readonly Socket listener;
    private readonly ArchiveClient archives;
    private readonly CancellationTokenSource ended = new();
    private readonly SemaphoreSlim connections = new(MostConnections);
    private readonly Task accepting;

    private PackageProxy(Socket listener, LabMirror mirror, string cache)
    {
        this.listener = listener;
        archives = new ArchiveClient(mirror, new PackageCache(cache, Capacity));
        accepting = AcceptAsync();
    }

    /// <summary>Where the machines find it.</summary>
    public static IPEndPoint EndPoint { get; } = new(LabNetwork.Gateway, Port);

    /// <summary>Starts to listen on the bridge.</summary>
    public static PackageProxy Start(LabNetwork network, LabMirror mirror, string cache)
    {
        var listener = network.OpenTcpSocket();
        listener.Bind(EndPoint);
        listener.Listen(MostConnections);
        return new PackageProxy(listener, mirror, cache);
    }

    /// <summary>Stops, and waits for the connections to end; they are broken off.</summary>
    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Dispose();
        await accepting;
        for (var i = 0; i < MostConnections; i++) await connections.WaitAsync();
        archives.Dispose();
        connections.Dispose();
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                await connections.WaitAsync(ended.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var client = await listener.AcceptAsync(ended.Token);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                connections.Release();
                if (ended.IsCancellationRequested) return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            using (client) await AnswerAllAsync(client);
        }
        catch (Exception e) when (e is SocketException or IOException or HttpRequestException
            or OperationCanceledException or ObjectDisposedException)
        {
            // The client left, or the archive did in the middle of an answer: a connection that breaks off tells the client.
        }
        finally
        {
            connections.Release();
        }
    }

    private async Task AnswerAllAsync(Socket client)
    {
        var reader = new RequestReader(client);
        while (true)
        {
            using var idle = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
            idle.CancelAfter(idleTimeout);
            RequestHead? head;
            try
            {
                if (await reader.NextAsync(idle.Token) is not { } text) return;
                head = RequestHead.Parse(text);
            }
            catch (InvalidDataException e)
            {
                await RefuseAsync(client, "431 Request Header Fields Too Large", e.Message);
                return;
            }

            if (head is null || head.HasBody)
            {
                await RefuseAsync(client, "400 Bad Request", "this proxy answers GET, HEAD and CONNECT, without a body");
                return;
            }
            if (head.Method == "CONNECT")
            {
                await TunnelAsync(client, head, reader.Rest);
                return;
            }
            if (head.Method is not ("GET" or "HEAD") || !Uri.TryCreate(head.Target, UriKind.Absolute, out var uri))
            {
                await RefuseAsync(client, "400 Bad Request", $"{head.Method} {head.Target}: this proxy is for GET and HEAD of http://");
                return;
            }
            if (!archives.MayReach(uri))
            {
                await RefuseAsync(client, "403 Forbidden", NotReached(uri.GetLeftPart(UriPartial.Path)));
                return;
            }
            if (!await archives.AnswerAsync(client, head, uri, ended.Token) || !head.KeepAlive) return;
        }
    }

    private async Task TunnelAsync(Socket client, RequestHead head, ReadOnlyMemory<byte> first)
    {
        if (!archives.MayTunnelTo(head.Target, out var host, out var port))
        {
            await RefuseAsync(client, "403 Forbidden", NotReached(head.Target));
            return;
        }
        using var archive = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await archive.ConnectAsync(host, port, ended.Token);
        await client.SendAllAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), ended.Token);
        await archive.SendAllAsync(first, ended.Token);
        await Relay.CopyBothWaysAsync(client, archive, ended.Token);
    }

    private static string NotReached(string target) => $"machines of the lab reach the Debian archives of this computer's apt, not {target}";

    // The connection ends with the answer: nothing after it can be taken for what it is not.
    private async Task RefuseAsync(Socket client, string status, string why)
    {
        var body = Encoding.UTF8.GetBytes(why + "\n");
        var head = Encoding.Latin1.GetBytes(
            $"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n");
        await client.SendAllAsync(head, ended.Token);
        await client.SendAllAsync(body, ended.Token);
        client.Shutdown(SocketShutdown.Send);
    }
}
