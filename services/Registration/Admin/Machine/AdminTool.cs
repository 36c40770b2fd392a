using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Registration.Admin;

/// <summary>
/// The other end of <see cref="AdminSocket"/>, run by root on the machine: passes standard input on and gives back the answer. Nothing
/// of a request stands on a command line, where every user of the machine could read it.
/// </summary>
internal static class AdminTool
{
    public const string Word = "admin";

    public static async Task<int> RunAsync(string path, Stream input, Stream output)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
            await using var stream = new NetworkStream(socket);
            await input.CopyToAsync(stream);
            socket.Shutdown(SocketShutdown.Send);
            await stream.CopyToAsync(output);
            return 0;
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            await using var writer = new StreamWriter(output);
            await writer.WriteLineAsync(new JsonObject
            {
                ["problems"] = new JsonArray(new JsonObject
                {
                    ["message"] = $"The registration service does not answer at {path}: {error.Message}",
                    ["hint"] = "On the machine: systemctl status registration",
                }),
            }.ToJsonString());
            return 1;
        }
    }
}
