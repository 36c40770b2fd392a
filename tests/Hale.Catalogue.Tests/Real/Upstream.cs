using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hale.Catalogue.Tests;

/// <summary>Answers with the first line of the request.</summary>
internal sealed class Upstream : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);

    private readonly bool readsBody;

    /// <param name="readsBody">Whether it waits for the body before it answers.</param>
    public Upstream(bool readsBody = true)
    {
        this.readsBody = readsBody;
        listener.Start();
        _ = AcceptAsync();
    }

    public string Address => $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    public void Dispose() => listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await listener.AcceptTcpClientAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                return;
            }
            _ = AnswerAsync(client);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream());
            var first = (await reader.ReadLineAsync())!.Replace(" HTTP/1.1", "", StringComparison.Ordinal);
            var length = 0;
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
                if (line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
                    length = int.Parse(line["Content-Length: ".Length..]);
            if (readsBody && length > 0)
                await reader.ReadBlockAsync(new char[length]);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {first.Length}\r\nConnection: close\r\n\r\n{first}"));
        }
    }
}
