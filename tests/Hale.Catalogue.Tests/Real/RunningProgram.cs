using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Hale.Catalogue.Tests;

/// <summary>A program that runs for the length of a test, its output kept for when the test fails, its folder gone afterwards.</summary>
public sealed class RunningProgram : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();

    public RunningProgram(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += Keep;
        process.ErrorDataReceived += Keep;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Id => process.Id;

    public string Output
    {
        get
        {
            lock (output)
                return output.ToString();
        }
    }

    /// <summary>A port of loopback that nothing listens on right now.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async Task ListensAsync(int port, TimeSpan limit)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException) when (clock.Elapsed < limit && !process.HasExited)
            {
                // Not yet.
            }
            catch (SocketException)
            {
                Assert.Fail($"Nothing listens on {port}.\n{Output}");
            }
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (output)
            output.AppendLine(line.Data);
    }
}
