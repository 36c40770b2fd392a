using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ServiceHarness;

/// <summary>A request whose body begins and does not go on.</summary>
internal static class StalledRequest
{
    /// <summary>The answer to it, and how long it took.</summary>
    public static async Task<(int Status, string Text, TimeSpan After)> AskAsync(Uri server, string path, string contentType)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, limit.Token);
        var since = TimeProvider.System.GetTimestamp();
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {contentType}\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{{"), limit.Token);
        using var reader = new StreamReader(client.GetStream());
        var text = await reader.ReadToEndAsync(limit.Token);
        return (int.Parse(text.Split(' ')[1], CultureInfo.InvariantCulture), text, TimeProvider.System.GetElapsedTime(since));
    }
}
