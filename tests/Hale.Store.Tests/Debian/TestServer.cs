using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hale.Store.Tests.Debian;

/// <summary>A web server on loopback that serves bytes from memory, and misbehaves where told.</summary>
internal sealed class TestServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<int>> drops = new();

    internal TestServer()
    {
        listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>What is served, by path without the first slash.</summary>
    internal ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>Statuses that paths answer with instead.</summary>
    internal ConcurrentDictionary<string, int> Statuses { get; } = new();

    /// <summary>The requests so far: path, and the Range header's first byte where there was one.</summary>
    internal ConcurrentQueue<(string Path, int? From)> Requests { get; } = new();

    internal string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";

    /// <summary>Drops the connection after so many bytes of a path's content, as often as numbers are given.</summary>
    internal void Drop(string path, params int[] after) => drops[path] = new ConcurrentQueue<int>(after);

    public void Dispose()
    {
        stop.Cancel();
        listener.Dispose();
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            await using (var stream = client.GetStream())
            {
                using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
                while (await reader.ReadLineAsync() is { Length: > 0 } request)
                {
                    int? from = null;
                    while (await reader.ReadLineAsync() is { Length: > 0 } header)
                        if (header.StartsWith("Range: bytes=", StringComparison.OrdinalIgnoreCase)) from = int.Parse(header[13..].TrimEnd('-'));
                    if (!await AnswerAsync(stream, Uri.UnescapeDataString(request.Split(' ')[1].TrimStart('/')), from)) return;
                }
            }
        }
        catch (IOException)
        {
            // The other side went away.
        }
    }

    private async Task<bool> AnswerAsync(NetworkStream stream, string path, int? from)
    {
        Requests.Enqueue((path, from));
        if (Statuses.TryGetValue(path, out var status) || !Files.TryGetValue(path, out var content))
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {(status == 0 ? 404 : status)} No\r\nContent-Length: 0\r\n\r\n"));
            return true;
        }

        var rest = content.AsMemory(from ?? 0);
        var head = from is null ? "200 OK" : $"206 Partial Content\r\nContent-Range: bytes {from}-{content.Length - 1}/{content.Length}";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {head}\r\nContent-Length: {rest.Length}\r\n\r\n"));
        if (drops.TryGetValue(path, out var queue) && queue.TryDequeue(out var after))
        {
            await stream.WriteAsync(rest[..Math.Min(after, rest.Length)]);
            return false;
        }

        await stream.WriteAsync(rest);
        return true;
    }
}
