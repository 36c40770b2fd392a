using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Hale.Store;

namespace Hale.Lab;

/// <summary>A port on this computer's loopback that leads to a port of a machine. Only this computer reaches it.</summary>
public sealed class PortForward : IAsyncDisposable
{
    private static readonly TimeSpan connectPatience = TimeSpan.FromSeconds(10);

    private readonly Func<Socket> openSocket;
    private readonly Socket listener;
    private readonly CancellationTokenSource ended = new();
    private readonly ConcurrentDictionary<Socket, Task> connections = new();
    private readonly Task accepting;
    private int disposed;

    private PortForward(Func<Socket> openSocket, Socket listener, IPEndPoint target)
    {
        this.openSocket = openSocket;
        this.listener = listener;
        Target = target;
        LocalEndPoint = (IPEndPoint)listener.LocalEndPoint!;
        accepting = AcceptAsync();
    }

    /// <summary>The address and port on this computer: 127.0.0.1 and the port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>The port on this computer, 1 to 65535.</summary>
    public int LocalPort => LocalEndPoint.Port;

    /// <summary>The machine's address and port.</summary>
    public IPEndPoint Target { get; }

    /// <summary>Starts to listen.</summary>
    /// <param name="openSocket">Makes a socket in the machine's network.</param>
    /// <param name="target">The machine's address and port.</param>
    /// <param name="localPort">The port on this computer; 0 for any free one.</param>
    /// <exception cref="UserError">The port on this computer is taken.</exception>
    internal static PortForward Start(Func<Socket> openSocket, IPEndPoint target, int localPort)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(new IPEndPoint(IPAddress.Loopback, localPort));
            listener.Listen(128);
            return new PortForward(openSocket, listener, target);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new UserError(
                $"Port {localPort} of 127.0.0.1, which should lead to port {target.Port} of a machine, cannot be listened on: {e.Message}.",
                "choose another port, or end the program that uses it (ss -ltnp)",
                e);
        }
    }

    /// <summary>Breaks every connection that is open, as a machine's sudden end would; new ones are still accepted.</summary>
    internal void DropConnections()
    {
        foreach (var client in connections.Keys) Abort(client);
    }

    /// <summary>Stops listening and breaks the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1) return;
        await ended.CancelAsync();
        listener.Dispose();
        await accepting;
        DropConnections();
        await Task.WhenAll(connections.Values);
        ended.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            try
            {
                var client = await listener.AcceptAsync(ended.Token);
                client.NoDelay = true;
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                connections[client] = done.Task;
                _ = ServeAsync(client, done);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // A client that left before it was accepted, or no descriptors left for a moment.
                await Task.Delay(10);
            }
        }
    }

    private async Task ServeAsync(Socket client, TaskCompletionSource done)
    {
        await Task.Yield();
        try
        {
            using var machine = openSocket();
            using (var patience = CancellationTokenSource.CreateLinkedTokenSource(ended.Token))
            {
                patience.CancelAfter(connectPatience);
                await machine.ConnectAsync(Target, patience.Token);
            }
            await Relay.CopyBothWaysAsync(client, machine, ended.Token);
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client learns of it as it would from the machine itself: its connection is reset.
            Abort(client);
        }
        finally
        {
            connections.TryRemove(client, out _);
            client.Dispose();
            done.SetResult();
        }
    }

    private static void Abort(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
        socket.Dispose();
    }
}
