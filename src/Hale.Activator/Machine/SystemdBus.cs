using System.Net.Sockets;
using System.Text;
using Hale.Store;

namespace Hale.Activator.Machine;

/// <summary>
/// Questions to systemd itself, over the socket that it keeps for root and for systemctl: all are sent before the first answer is awaited. One call of
/// systemctl asks for each unit in turn, and for every property that there is; an activation with nothing to do spent two thirds of its time there.
/// </summary>
internal sealed class SystemdBus : IDisposable
{
    private const string Address = "/run/systemd/private";
    private const string Welcome = "OK ";

    /// <summary>systemd answers nothing while it reads all units anew.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = (int)Patience.TotalMilliseconds };
    private byte[] _buffer = new byte[1 << 18];
    private int _from;
    private int _to;
    private uint _serial;

    /// <summary>Connects, and says who asks (D-Bus Specification, "Authentication Protocol", EXTERNAL).</summary>
    private SystemdBus()
    {
        _socket.Connect(new UnixDomainSocketEndPoint(Address));
        var user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes($"{Native.User()}"));
        Send([0, .. Encoding.ASCII.GetBytes($"AUTH EXTERNAL {user}\r\nBEGIN\r\n")]);
        int end;
        while ((end = _buffer.AsSpan(0, _to).IndexOf("\r\n"u8)) < 0)
            Receive();
        var said = Encoding.ASCII.GetString(_buffer, 0, end);
        if (!said.StartsWith(Welcome, StringComparison.Ordinal))
            throw new InvalidDataException($"it says {said}");
        _from = end + 2;
    }

    /// <summary>Asks everything.</summary>
    /// <returns>The answers, in the order of the questions.</returns>
    /// <exception cref="UserError">systemd does not answer, or refuses a question.</exception>
    internal static IReadOnlyList<byte[]> Ask(IReadOnlyList<BusCall> calls)
    {
        try
        {
            return Once(calls);
        }
        catch (EndOfStreamException)
        {
            // It began anew as a process, as after an upgrade of its library: it listens already.
            return Once(calls);
        }
    }

    private static List<byte[]> Once(IReadOnlyList<BusCall> calls)
    {
        try
        {
            using var bus = new SystemdBus();
            return bus.Answers(calls);
        }
        catch (Exception e) when (e is SocketException or InvalidDataException)
        {
            throw new UserError($"systemd does not answer at {Address}: {e.Message}", "") { ExitCode = 7 };
        }
    }

    private List<byte[]> Answers(IReadOnlyList<BusCall> calls)
    {
        var text = new List<byte>(calls.Count * 256);
        var first = _serial + 1;
        foreach (var call in calls)
            BusMessage.Write(text, call, ++_serial);
        Send(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(text));
        var answers = new byte[calls.Count][];
        for (var left = calls.Count; left > 0;)
        {
            if (BusMessage.Read(Next()) is not var (to, reply) || to - first >= calls.Count)
                continue;
            if (reply.Error is not null)
                throw new UserError($"systemd does not tell {calls[(int)(to - first)].Path}: {reply.Error}", "") { ExitCode = 7 };
            answers[to - first] = reply.Body;
            left--;
        }

        return [.. answers];
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    private ReadOnlySpan<byte> Next()
    {
        while (_to - _from < BusMessage.FixedPart)
            Receive();
        var length = BusMessage.Length(_buffer.AsSpan(_from));
        while (_to - _from < length)
            Receive();
        _from += length;
        return _buffer.AsSpan(_from - length, length);
    }

    private void Receive()
    {
        if (_to == _buffer.Length)
        {
            // What is read already gives place; where that is too little, the message is longer than the buffer.
            var grown = _from == 0 ? new byte[2 * _buffer.Length] : _buffer;
            Buffer.BlockCopy(_buffer, _from, grown, 0, _to - _from);
            (_buffer, _to, _from) = (grown, _to - _from, 0);
        }

        var received = _socket.Receive(_buffer.AsSpan(_to));
        _to += received > 0 ? received : throw new EndOfStreamException("systemd closed the connection.");
    }

    public void Dispose() => _socket.Dispose();
}
