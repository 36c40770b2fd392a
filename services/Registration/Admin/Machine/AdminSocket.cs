using System.Net.Sockets;
using System.Text;
using ServiceHost;

namespace Registration.Admin;

/// <summary>
/// The socket for whoever is root on the machine: the folder and the socket let nobody else in. A connection is one request, to its
/// end, and one answer.
/// </summary>
internal sealed class AdminSocket : IDisposable
{
    private const int LargestRequest = 64 * 1024;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private readonly AdminDesk desk;
    private readonly ILogger log;
    private readonly string path;
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <exception cref="SocketException">Something else has the path.</exception>
    public AdminSocket(string path, AdminDesk desk, ILogger log)
    {
        (this.path, this.desk, this.log) = (path, desk, log);
        UnixSocket.RemoveStale($"http://unix:{path}");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        listener.Listen(8);
    }

    /// <summary>Answers one at a time, until told to stop: administrators are few, and their requests take milliseconds.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                using var peer = await listener.AcceptAsync(stop);
                await ServeAsync(peer, stop);
            }
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        File.Delete(path);
    }

    private async Task ServeAsync(Socket peer, CancellationToken stop)
    {
        try
        {
            var request = await ReceiveAsync(peer, stop);
            // This may take its time: a homeserver that hangs is asked for names and rooms. What was made then is told all the same.
            var answer = await desk.AnswerAsync(request);
            await SendAsync(peer, Encoding.UTF8.GetBytes(answer.ToJsonString() + "\n"), stop);
        }
        catch (Exception error) when (error is SocketException || (error is OperationCanceledException && !stop.IsCancellationRequested))
        {
            // Whoever asked has gone.
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // A defect: told, and the next one is answered all the same.
            log.AdminFailed(error);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReceiveAsync(Socket peer, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Longest);
        var buffer = new byte[LargestRequest];
        var length = 0;
        while (length < buffer.Length && await peer.ReceiveAsync(buffer.AsMemory(length), limit.Token) is > 0 and var received)
            length += received;
        return buffer.AsMemory(0, length);
    }

    private static async Task SendAsync(Socket peer, ReadOnlyMemory<byte> answer, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Longest);
        for (var sent = 0; sent < answer.Length;)
            sent += await peer.SendAsync(answer[sent..], limit.Token);
    }
}
