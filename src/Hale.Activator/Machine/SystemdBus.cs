using System.Text;
using Hale.Store;

namespace Hale.Activator.Machine;

/// <summary>
/// Questions to systemd itself, over the socket that it keeps for root and for systemctl: all are sent before the first answer is awaited. One call of
/// systemctl asks for each unit in turn, and for every property that there is; an activation with nothing to do spent two thirds of its time there.
/// </summary>
internal sealed class SystemdBus : IDisposable
{
    internal const string Address = "/run/systemd/private";
    private const string Welcome = "OK ";

    /// <summary>systemd answers nothing while it reads all units anew.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // ENOENT, EPIPE, ECONNRESET and ECONNREFUSED: nobody listens, or no longer.
    private static readonly int[] Away = [2, 32, 104, 111];

    private readonly LocalSocket _socket;
    private byte[] _buffer = new byte[1 << 18];
    private int _from;
    private int _to;
    private uint _serial;

    private SystemdBus(string address) => _socket = new LocalSocket(address, Patience);

    /// <summary>Says who asks (D-Bus Specification, "Authentication Protocol", EXTERNAL).</summary>
    private void Greet()
    {
        var user = Convert.ToHexStringLower(Encoding.ASCII.GetBytes($"{Native.User()}"));
        _socket.Send([0, .. Encoding.ASCII.GetBytes($"AUTH EXTERNAL {user}\r\nBEGIN\r\n")]);
        int end;
        while ((end = _buffer.AsSpan(0, _to).IndexOf("\r\n"u8)) < 0)
            Receive();
        var said = Encoding.ASCII.GetString(_buffer, 0, end);
        if (!said.StartsWith(Welcome, StringComparison.Ordinal))
            throw new InvalidDataException($"it says {said}");
        _from = end + 2;
    }

    /// <summary>Asks everything.</summary>
    /// <param name="calls">The questions.</param>
    /// <param name="clock">By which it is waited for.</param>
    /// <param name="address">Where systemd listens.</param>
    /// <returns>The answers, in the order of the questions; a question that systemd refuses is answered with its error.</returns>
    /// <exception cref="UserError">systemd does not answer.</exception>
    internal static BusReply[] Ask(IReadOnlyList<BusCall> calls, TimeProvider clock, string address = Address)
    {
        for (long? away = null; ;)
        {
            try
            {
                using var bus = new SystemdBus(address);
                bus.Greet();
                return bus.Answers(calls);
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                away ??= clock.GetTimestamp();
                if (!MayComeBack(e) || clock.GetElapsedTime(away.Value) > Reconnection.Comeback)
                    throw new UserError($"systemd does not answer at {address}: {e.Message}", "") { ExitCode = 7 };
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>It has closed the connection, or does not listen: so it is while it begins anew.</summary>
    private static bool MayComeBack(Exception e) =>
        e is EndOfStreamException || (e is IOException && Array.IndexOf(Away, e.HResult) >= 0);

    private BusReply[] Answers(IReadOnlyList<BusCall> calls)
    {
        var text = new BusWriter();
        var first = _serial + 1;
        foreach (var call in calls)
            BusMessage.Write(text, call, ++_serial);
        _socket.Send(text.Written);
        var answers = new BusReply[calls.Count];
        for (var left = calls.Count; left > 0;)
        {
            if (BusMessage.Read(Next()) is not var (to, reply) || to - first >= calls.Count)
                continue;
            answers[to - first] = reply;
            left--;
        }

        return answers;
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
