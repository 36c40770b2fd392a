using System.Runtime.InteropServices;
using System.Text;

namespace Hale.Activator.Machine;

/// <summary>
/// A connection to a socket of this machine, by its path. The base library's sockets bring three assemblies and a thread that waits for events: a tenth of what
/// an activation with nothing to do takes.
/// </summary>
internal sealed unsafe partial class LocalSocket : IDisposable
{
    // The same on x64 and arm64: AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, SOL_SOCKET, SO_RCVTIMEO, MSG_NOSIGNAL, EINTR.
    private const int Unix = 1;
    private const int Stream = 1 | 0x80000;
    private const int SocketLevel = 1;
    private const int ReceiveLimit = 20;
    private const int WithoutSignal = 0x4000;
    private const int Interrupted = 4;

    /// <summary>The longest path, with the zero that ends it: <c>sun_path</c> of unix(7).</summary>
    private const int LongestPath = 108;

    private readonly int _descriptor;

    /// <param name="path">Where somebody listens.</param>
    /// <param name="patience">How long one answer may take.</param>
    /// <exception cref="IOException">Nobody does, or it is not allowed; <see cref="Exception.HResult"/> is the system's number for why.</exception>
    internal LocalSocket(string path, TimeSpan patience)
    {
        var name = Encoding.UTF8.GetBytes(path);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(name.Length, LongestPath);
        _descriptor = Socket(Unix, Stream, 0);
        if (_descriptor < 0)
            throw Native.Failure("socket", path);
        var address = stackalloc byte[2 + LongestPath];
        new Span<byte>(address, 2 + LongestPath).Clear();
        *(ushort*)address = Unix;
        name.CopyTo(new Span<byte>(address + 2, LongestPath));
        var limit = stackalloc long[] { (long)patience.TotalSeconds, 0 };
        if (Option(_descriptor, SocketLevel, ReceiveLimit, limit, 2 * sizeof(long)) == 0 && Connect(_descriptor, address, 2 + LongestPath) == 0)
            return;
        var failure = Native.Failure("connect", path);
        Dispose();
        throw failure;
    }

    /// <summary>Sends all of it.</summary>
    internal void Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
            for (nint sent = 0; sent < bytes.Length;)
                sent += Done(Send(_descriptor, first + sent, (nuint)(bytes.Length - sent), WithoutSignal), "send");
    }

    /// <summary>Waits for bytes.</summary>
    /// <returns>How many came; 0 where the other side has closed the connection.</returns>
    internal int Receive(Span<byte> to)
    {
        fixed (byte* first = to)
        {
            nint length;
            do
                length = Receive(_descriptor, first, (nuint)to.Length, 0);
            while (length < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return (int)Done(length, "receive");
        }
    }

    public void Dispose() => _ = Native.Close(_descriptor);

    private static nint Done(nint result, string what) =>
        result >= 0 ? result : Marshal.GetLastPInvokeError() == Interrupted ? 0 : throw Native.Failure(what, "a socket");

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(int descriptor, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int Option(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(int descriptor, byte* bytes, nuint length, int flags);
}
